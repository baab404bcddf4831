<?php

namespace App\Models;

use Illuminate\Database\Eloquent\Model;

class Tick extends Model
{
    public $timestamps = false;
}
