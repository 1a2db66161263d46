#!/bin/sh
# A simulated night of OmegaCAM, reduced by one request, and one product traced back to raw files.
# Usage: demo.sh FOLDER; $BIN is where `awe` is.
set -e
folder=$(mkdir -p "$1" && cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
awe=$(cd "$BIN" && pwd)/awe
export AWLIKE_HOME="$folder/home" AWLIKE_PROJECT=DEMO
say() { printf '\n$ %s\n' "$*"; }
say awe simulate night --instrument OMEGACAM --chips 2 --shape 1024x512
"$awe" simulate "$folder/night" --instrument OMEGACAM --chips 2 --shape 1024x512
say awe project create DEMO --instrument OMEGACAM
AWLIKE_PROJECT= "$awe" project create DEMO --instrument OMEGACAM --description "A simulated night"
say awe ingest night
"$awe" ingest "$folder/night"
say awe run Reduce --instrument OMEGACAM --template 2012-06-01T08:51:44 --commit
"$awe" run Reduce --instrument OMEGACAM --template 2012-06-01T08:51:44 --commit
say awe demo.py
cd "$folder" && "$awe" "$here/demo.py"
printf '\nThe database and all files are in %s. Go on at the prompt, or in a browser, by\n' "$folder"
printf '  AWLIKE_HOME=%s AWLIKE_PROJECT=DEMO %s\n' "$AWLIKE_HOME" "$awe" "$AWLIKE_HOME" "$awe web"
