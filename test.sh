#!/usr/bin/env bash
# Builds everything and runs all tests; the last line is "N passed, N failed, N skipped". Tests that need ../shared skip without it.
#   ./test.sh           what every change must pass (under 20 minutes on 2 cores)
#   ./test.sh --full    with the long studies too
#   ./test.sh NAME ...  only the test projects whose name contains a NAME (Dicom, Analysis, Pipeline, EndToEnd)
set -uo pipefail
cd "$(dirname "$0")"
. .ci/setup.sh
full=() wanted=()
for argument in "$@"; do
  case $argument in
    --full) full=(-explicit on) ;;
    -h | --help) sed -n '2,5s/^# *//p' "$0"; exit 0 ;;
    -*) echo "unknown option $argument; see ./test.sh --help" >&2; exit 2 ;;
    *) wanted+=("$argument") ;;
  esac
done
require_dotnet
require_packages "$POSTGRES" "$FONTS" "$DCMTK" "$DICOM3TOOLS" "$ORTHANC" "$ORTHANC_DICOMWEB" \
  "$LIBJPEG" "$GDCM" "$OPENJPEG" "$OPENSSL" "$STRACE" \
  '/usr/lib/python3/dist-packages/pydicom=python3-pydicom' '/usr/lib/python3/dist-packages/numpy=python3-numpy' '/usr/lib/python3/dist-packages/PIL=python3-pil'

echo "Building ..."
dotnet build HematomaPacsAgent.sln -c Release -v quiet -nologo -clp:NoSummary || { echo "0 passed, 1 failed"; exit 1; }

passed=0 failed=0 skipped=0
for project in tests/*.Tests; do
  name=$(basename "$project")
  if [ ${#wanted[@]} -gt 0 ] && ! printf '%s\n' "${wanted[@]}" | { while read -r part; do [[ $name == *"$part"* ]] && exit 0; done; exit 1; }; then continue; fi
  echo "== $name"
  log=$(mktemp)
  dotnet "$project/bin/Release/net10.0/$name.dll" -noLogo -noColor -parallelMode none "${full[@]}" | tee "$log"
  status=${PIPESTATUS[0]}
  # "   Name  Total: 4, Errors: 0, Failed: 0, Skipped: 0, Not Run: 0, Time: 0.154s"
  if [[ $(grep -E 'Total: [0-9]+, Errors:' "$log" | tail -1) =~ Total:\ ([0-9]+),\ Errors:\ ([0-9]+),\ Failed:\ ([0-9]+),\ Skipped:\ ([0-9]+),\ Not\ Run:\ ([0-9]+) ]]; then
    bad=$((BASH_REMATCH[2] + BASH_REMATCH[3]))
    [ "$status" -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
    failed=$((failed + bad))
    skipped=$((skipped + BASH_REMATCH[4]))
    passed=$((passed + BASH_REMATCH[1] - BASH_REMATCH[2] - BASH_REMATCH[3] - BASH_REMATCH[4] - BASH_REMATCH[5]))
  else
    echo "$name ended without a summary (exit $status)"
    failed=$((failed + 1))
  fi
  rm -f "$log"
done
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
