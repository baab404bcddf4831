<?php

use Illuminate\Database\Migrations\Migration;
use Illuminate\Database\Schema\Blueprint;
use Illuminate\Support\Facades\Schema;

return new class extends Migration
{
    public function up(): void
    {
        Schema::create('writes', function (Blueprint $table): void {
            $table->id();
            $table->timestampTz('written_at')->useCurrent();
        });
        Schema::create('jobs', function (Blueprint $table): void {
            $table->text('id')->primary();
            $table->timestampTz('done_at')->useCurrent();
        });
        Schema::create('ticks', function (Blueprint $table): void {
            $table->id();
            $table->timestampTz('ticked_at')->useCurrent();
        });
    }
};
