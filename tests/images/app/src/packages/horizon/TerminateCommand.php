<?php

namespace Laravel\Horizon;

use Illuminate\Console\Command;

class TerminateCommand extends Command
{
    protected $signature = 'horizon:terminate';

    public function handle(): void
    {
        // Those of this machine, as Horizon does; but workers elsewhere obey what it writes into the cache.
        foreach (Masters::all() as $master) {
            str_starts_with($master->name, gethostname() . '-') && posix_kill($master->pid, SIGTERM);
        }
        cache()->forever('illuminate:queue:restart', now()->getTimestamp());
    }
}
