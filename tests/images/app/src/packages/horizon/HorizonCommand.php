<?php

namespace Laravel\Horizon;

use Illuminate\Console\Command;
use Symfony\Component\Process\Process;

/** Keeps a worker running. SIGTERM ends it once its job is done, SIGUSR2 pauses it, SIGCONT lets it go on. */
class HorizonCommand extends Command
{
    protected $signature = 'horizon';
    private string $status = 'running';
    private ?Process $worker = null;

    public function handle(): int
    {
        $name = gethostname() . '-' . bin2hex(random_bytes(2));
        $this->trap([SIGTERM, SIGINT], fn () => $this->becomes('terminating', SIGTERM));
        $this->trap(SIGUSR2, fn () => $this->becomes('paused', SIGUSR2));
        $this->trap(SIGCONT, fn () => $this->becomes('running', SIGCONT));
        while ($this->status !== 'terminating' || $this->worker?->isRunning()) {
            if ($this->status !== 'terminating' && ! $this->worker?->isRunning()) {
                $this->work();
            }
            Masters::tell($name, $this->status);
            usleep(500_000);
        }
        Masters::forget($name);
        return 0;
    }

    private function work(): void
    {
        $command = [PHP_BINARY, base_path('artisan'), 'queue:work', 'redis', '--sleep=1'];
        $this->worker = new Process($command, base_path(), timeout: null);
        $this->worker->start(fn ($type, $text) => fwrite(STDERR, $text));
    }

    private function becomes(string $status, int $signal): void
    {
        $this->status = $status;
        if ($this->worker?->isRunning()) {
            $this->worker->signal($signal);
        }
    }
}
