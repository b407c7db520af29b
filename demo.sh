#!/usr/bin/env bash
# The whole loop on this machine: a head CT goes to the agent by C-STORE, SEG and SR come back. Results: ./demo-out.
#   ./demo.sh                    a computer-made head with a hematoma of known volume
#   ./demo.sh --input FOLDER     a CT series of yours
#   ./demo.sh --help             all options
set -euo pipefail
cd "$(dirname "$0")"
. .ci/setup.sh
require_dotnet
require_packages "$POSTGRES" "$FONTS" "$DICOM3TOOLS"
echo "Building ..."
dotnet build src/HematomaPacsAgent/HematomaPacsAgent.csproj -c Release -v quiet -nologo -clp:NoSummary
exec dotnet src/HematomaPacsAgent/bin/Release/net10.0/hematoma-agent.dll demo "$@"
