<?php

namespace Laravel\Horizon;

use Illuminate\Console\Command;

class StatusCommand extends Command
{
    protected $signature = 'horizon:status';

    public function handle(): int
    {
        $masters = collect(Masters::all());
        if ($masters->isEmpty()) {
            $this->error('Horizon is inactive.');
            return 2;
        }
        if ($masters->contains(fn ($master) => $master->status === 'paused')) {
            $this->warn('Horizon is paused.');
            return 1;
        }
        $this->info('Horizon is running.');
        return 0;
    }
}
