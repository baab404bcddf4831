<?php

use App\Http\Middleware\TellRelease;
use Illuminate\Foundation\Application;
use Illuminate\Foundation\Configuration\Exceptions;
use Illuminate\Foundation\Configuration\Middleware;
use Laravel\Horizon\HorizonCommand;
use Laravel\Horizon\StatusCommand;
use Laravel\Horizon\TerminateCommand;
use Laravel\Reverb\StartCommand;

return Application::configure(basePath: dirname(__DIR__))
    ->withRouting(
        web: __DIR__ . '/../routes/web.php',
        api: __DIR__ . '/../routes/api.php',
        commands: __DIR__ . '/../routes/console.php',
        health: '/up',
        apiPrefix: '',
    )
    ->withCommands([HorizonCommand::class, StatusCommand::class, TerminateCommand::class, StartCommand::class])
    ->withMiddleware(function (Middleware $middleware): void {
        // Only Traefik reaches the containers.
        $middleware->trustProxies(at: '*');
        // The host of APP_URL and its subdomains.
        $middleware->trustHosts();
        $middleware->prepend(TellRelease::class);
    })
    ->withExceptions(function (Exceptions $exceptions): void {})
    ->create();
