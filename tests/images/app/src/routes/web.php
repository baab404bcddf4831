<?php

use Illuminate\Http\Request;
use Illuminate\Support\Facades\Route;

Route::domain('{tenant}.' . parse_url(config('app.url'), PHP_URL_HOST))->group(function (): void {
    Route::get('/page', fn (string $tenant) => view('page', ['tenant' => $tenant]));
});
Route::get('/', fn (Request $request) => ['host' => $request->getHost(), 'scheme' => $request->getScheme()]);
Route::get('/page', fn () => view('page', ['tenant' => null]));
Route::get('/visits', fn (Request $request) => ['visits' => $request->session()->increment('visits')]);
