<?php

use App\Models\Tick;
use Illuminate\Support\Facades\Schedule;

Schedule::call(fn () => Tick::create())->everyFiveSeconds();
