<?php

namespace App\Providers;

use Illuminate\Foundation\Events\DiagnosingHealth;
use Illuminate\Support\Facades\DB;
use Illuminate\Support\Facades\Event;
use Illuminate\Support\Facades\Redis;
use Illuminate\Support\ServiceProvider;

class AppServiceProvider extends ServiceProvider
{
    public function boot(): void
    {
        // Healthy with the primary and Redis; a replica is not asked.
        Event::listen(DiagnosingHealth::class, function (): void {
            DB::selectOne('SELECT 1', [], false);
            Redis::ping();
        });
    }
}
