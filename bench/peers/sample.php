<?php
// The way of the vendor's PHP sample: the file in a loop, 100 calls a request, one curl handle for all of them.
// usage: php sample.php <file.csv> <address with query> <account>
[, $file, $address, $account] = $argv;
$curl = curl_init($address);
curl_setopt_array($curl, [CURLOPT_POST => true, CURLOPT_RETURNTRANSFER => true]);

function send($curl, array $calls): void
{
    curl_setopt($curl, CURLOPT_POSTFIELDS, http_build_query(['request' => ['add' => $calls]]));
    $answer = json_decode(curl_exec($curl), true);
    if (count($answer['response']['calls']['add']['success'] ?? []) !== count($calls)) {
        fwrite(STDERR, "not all of them were taken\n");
        exit(1);
    }
}

$input = fopen($file, 'r');
$header = fgetcsv($input, null, ',', '"', '');
$calls = [];
while (($cells = fgetcsv($input, null, ',', '"', '')) !== false) {
    $row = array_combine($header, $cells);
    $calls[] = [
        'uuid' => $row['uuid'],
        'caller' => $row['caller'],
        'to' => $row['to'],
        'date' => $row['date'],
        'type' => $row['type'],
        'billsec' => $row['billsec'],
        'link' => $row['link'],
        'account_id' => $account,
    ];
    if (count($calls) === 100) {
        send($curl, $calls);
        $calls = [];
    }
}
if ($calls !== []) {
    send($curl, $calls);
}
