<?php

namespace App\Jobs;

use App\Models\DoneJob;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Foundation\Queue\Queueable;

/** Takes its time, and is seen to be done. */
class RecordJob implements ShouldQueue
{
    use Queueable;

    public int $tries = 5;
    public int $backoff = 2;

    public function __construct(public string $id, public int $seconds)
    {
    }

    public function handle(): void
    {
        // A signal ends one sleep, but not the job.
        for ($end = microtime(true) + $this->seconds; microtime(true) < $end;) {
            usleep(100_000);
        }
        DoneJob::create(['id' => $this->id]);
    }
}
