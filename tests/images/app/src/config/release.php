<?php

return ['version' => env('APP_RELEASE')];
