<?php

namespace App\Events;

use Illuminate\Broadcasting\Channel;
use Illuminate\Contracts\Broadcasting\ShouldBroadcast;
use Illuminate\Foundation\Events\Dispatchable;

/** A text for everybody who listens; it goes through the queue. */
class Said implements ShouldBroadcast
{
    use Dispatchable;

    public function __construct(public string $text)
    {
    }

    public function broadcastOn(): Channel
    {
        return new Channel('news');
    }

    public function broadcastAs(): string
    {
        return 'said';
    }
}
