<?php
header("Content-Type: text/plain");
echo "Hello from Hephaestus\n";
