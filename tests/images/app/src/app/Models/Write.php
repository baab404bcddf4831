<?php

namespace App\Models;

use Illuminate\Database\Eloquent\Model;

class Write extends Model
{
    public $timestamps = false;
}
