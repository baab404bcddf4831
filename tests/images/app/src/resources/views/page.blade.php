<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>{{ $tenant ?? 'everybody' }}</title>
  @vite('resources/js/app.js')
</head>
<body>
  <h1>Release {{ config('release.version') }}</h1>
</body>
</html>
