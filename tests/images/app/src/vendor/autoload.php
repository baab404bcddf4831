<?php
// What Composer would write: Debian's Laravel, the application, and stand-ins of packages that Debian has not.
require '/usr/share/php/Illuminate/autoload.php';

spl_autoload_register(function (string $class): void {
    $folders = [
        'App\\' => 'app',
        'Laravel\\Horizon\\' => 'packages/horizon',
        'Laravel\\Reverb\\' => 'packages/reverb',
        'Pusher\\' => 'packages/pusher',
    ];
    foreach ($folders as $prefix => $folder) {
        if (str_starts_with($class, $prefix)) {
            $file = dirname(__DIR__) . "/$folder/" . strtr(substr($class, strlen($prefix)), '\\', '/') . '.php';
            is_file($file) && require $file;
        }
    }
});
