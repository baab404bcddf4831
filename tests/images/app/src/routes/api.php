<?php

use App\Events\Said;
use App\Jobs\RecordJob;
use App\Models\DoneJob;
use App\Models\Tick;
use App\Models\Write;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Route;
use Illuminate\Support\Facades\Storage;
use Illuminate\Support\Str;

Route::post('/writes', fn () => ['id' => Write::create()->id]);
// From a replica, which may be behind.
Route::get('/writes/{id}', fn (int $id) => ['found' => Write::whereKey($id)->exists()]);

Route::post('/jobs', function (Request $request) {
    $id = Str::random(16);
    RecordJob::dispatch($id, $request->integer('seconds'));
    return ['id' => $id];
});
Route::get('/jobs/{id}', fn (string $id) => ['done' => DoneJob::onWriteConnection()->whereKey($id)->exists()]);
Route::get('/ticks', fn () => Tick::onWriteConnection()->selectRaw('count(*) AS ticks, max(ticked_at) AS last')->first());

Route::post('/events', function (Request $request) {
    Said::dispatch($request->string('text'));
    return [];
});

Route::post('/uploads', fn (Request $request) => ['name' => basename($request->file('file')->store('uploads'))]);
Route::get('/uploads/{name}', fn (string $name) => Storage::download("uploads/$name"));
