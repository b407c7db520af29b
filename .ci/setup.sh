# Sourced by demo.sh and test.sh: what a fresh Debian or Ubuntu machine needs. Installs what is missing where root or sudo is at hand,
# otherwise says the exact line to run.

require_dotnet() {
  if ! command -v dotnet > /dev/null || ! dotnet --list-sdks | grep -q '^10\.'; then
    echo "The .NET 10 SDK is missing. See https://dotnet.microsoft.com/download/dotnet/10.0, then run this again." >&2
    exit 2
  fi
}

# require_packages FILE=PACKAGE ...: installs the packages whose file is not there. A file may be a pattern.
require_packages() {
  missing=()
  for pair in "$@"; do
    compgen -G "${pair%%=*}" > /dev/null || missing+=("${pair#*=}")
  done
  [ ${#missing[@]} -eq 0 ] && return
  line="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
  if ! command -v apt-get > /dev/null; then
    echo "Missing: ${missing[*]} (Debian package names). Install them with your system's package tool, then run this again." >&2
    exit 2
  fi
  if [ "$(id -u)" = 0 ]; then run=(bash -c "$line")
  elif sudo -n true 2> /dev/null; then run=(sudo bash -c "$line")
  else
    echo "Missing: ${missing[*]}. As root, run:  $line" >&2
    exit 2
  fi
  echo "Installing ${missing[*]} ..."
  DEBIAN_FRONTEND=noninteractive "${run[@]}" > /tmp/hematoma-apt.$$.log 2>&1 || {
    echo "That failed; the last lines of /tmp/hematoma-apt.$$.log:" >&2
    tail -5 /tmp/hematoma-apt.$$.log >&2
    exit 2
  }
  rm -f /tmp/hematoma-apt.$$.log
}

POSTGRES='/usr/lib/postgresql/*/bin/postgres=postgresql'
FONTS='/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf=fonts-dejavu-core'
DCMTK='/usr/bin/dcmsend=dcmtk'
DICOM3TOOLS='/usr/bin/dciodvfy=dicom3tools'
ORTHANC='/usr/sbin/Orthanc=orthanc'
ORTHANC_DICOMWEB='/usr/share/orthanc/plugins/libOrthancDicomWeb.so=orthanc-dicomweb'
LIBJPEG='/usr/bin/jpeg=libjpeg-tools'
GDCM='/usr/bin/gdcmconv=libgdcm-tools'
OPENJPEG='/usr/lib/*/libopenjp2.so.7=libopenjp2-7'
OPENSSL='/usr/bin/openssl=openssl'
STRACE='/usr/bin/strace=strace'
