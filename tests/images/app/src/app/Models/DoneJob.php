<?php

namespace App\Models;

use Illuminate\Database\Eloquent\Model;

class DoneJob extends Model
{
    public $incrementing = false;
    public $timestamps = false;
    protected $fillable = ['id'];
    protected $keyType = 'string';
    protected $table = 'jobs';
}
