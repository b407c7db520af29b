#!/usr/bin/python3
"""Segmentation packages on the real hemorrhage CT of ct-ich-v1-dev: each patient with labelled intraparenchymal slices, and each without any hemorrhage.
    ct_ich.py --agent "dotnet .../hematoma-agent.dll" --shared ../shared --package blast-ct-1 --package blast-ct-4 [--device cuda] --out results.json
    ct_ich.py --table results.json ...      prints the tables of docs/blast-ct.md of one or several results
Labels are of slices, there are no masks: what can be told is which labelled slices were marked, how many others were, and the volume. Pixel size (0.37 mm) and
Hounsfield units are approximate in this data set, so volumes are too. Needs python3-pydicom, python3-numpy, python3-pil."""
import argparse
import csv
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time


def patients(shared):
    """Number to (slices, slices labelled intraparenchymal); those with other bleeds only are left out."""
    found = {}
    with open(os.path.join(shared, "data/ct-ich-v1-dev/labels.csv")) as f:
        for row in csv.DictReader(f):
            slices, bleeding, other = found.setdefault(int(row["PatientNumber"]), ([], [], []))
            number = int(row["SliceNumber"])
            slices.append(number)
            if row["Intraparenchymal"] == "1": bleeding.append(number)
            elif row["No_Hemorrhage"] == "0": other.append(number)
    return {p: (slices, bleeding, other) for p, (slices, bleeding, other) in sorted(found.items()) if bleeding or not other}


def marked(segmentation):
    """Slice numbers of a SEG's first segment; the converter puts slice n at z = 5 n."""
    import pydicom
    if not os.path.exists(segmentation): return []
    frames = pydicom.dcmread(segmentation).PerFrameFunctionalGroupsSequence
    return sorted({round(float(f.PlanePositionSequence[0].ImagePositionPatient[2]) / 5) for f in frames
                   if f.SegmentIdentificationSequence[0].ReferencedSegmentNumber == 1})


def analyse(args, package, patient, ct, work):
    out = os.path.join(work, f"{patient}-{package}")
    environment = dict(os.environ, HEMATOMA_Inference__Device=args.device)
    if args.models: environment["HEMATOMA_Models__Folder"] = os.path.abspath(args.models)
    begun = time.perf_counter()
    run = subprocess.run(shlex.split(args.agent) + ["analyze", ct, "--out", out, "--model", package], env=environment, capture_output=True, text=True)
    if run.returncode not in (0, 3): sys.exit(f"patient {patient}, {package}: {run.stdout[-2000:]} {run.stderr[-2000:]}")
    with open(os.path.join(out, "findings.json")) as f: findings = json.load(f)
    segmentation = findings.get("segmentation") or {}
    return {"outcome": findings["outcome"], "volumesMl": segmentation.get("volumesMl", {}), "intervalMl": segmentation.get("volumeIntervalMl"),
            "device": segmentation.get("device"), "seconds": findings["timingsMs"].get("segment", 0) / 1000, "wholeSeconds": time.perf_counter() - begun,
            "slices": marked(os.path.join(out, "seg.dcm"))}


def evaluate(args):
    results = {"device": args.device, "packages": args.package, "patients": []}
    with tempfile.TemporaryDirectory() as work:
        for patient, (slices, bleeding, _) in patients(args.shared).items():
            if args.patients and patient not in args.patients: continue
            ct = os.path.join(work, str(patient))
            subprocess.run([sys.executable, os.path.join(args.shared, "tools/ct_ich_to_dicom.py"),
                            os.path.join(args.shared, "data/ct-ich-v1-dev", str(patient)), ct], check=True, capture_output=True)
            row = {"patient": patient, "slices": len(slices), "bleeding": bleeding}
            for package in args.package:
                row[package] = analyse(args, package, patient, ct, work)
                print(patient, package, row[package]["outcome"], {k: round(v, 1) for k, v in row[package]["volumesMl"].items()},
                      f"{row[package]['seconds']:.1f} s", flush=True)
            results["patients"].append(row)
            with open(args.out, "w") as f: json.dump(results, f, indent=1)  # what is done is kept


def table(files):
    for name in files:
        with open(name) as f: results = json.load(f)
        for package in results["packages"]:
            rows = [r for r in results["patients"] if package in r]
            print(f"\n{package}, {rows[0][package]['device']}\n")
            print("| patient | slices | labelled | marked of them | marked besides | hematoma, ml | IVH | oedema | extra-axial | seconds |\n|" + " ---: |" * 10)
            for r in rows:
                p, bleeding = r[package], set(r["bleeding"])
                ml = [f"{p['volumesMl'][key]:.1f}" if key in p["volumesMl"] else "" for key in ("hematoma", "ivh", "edema", "extra-axial")]
                print(f"| {r['patient']} | {r['slices']} | {len(bleeding)} | {len(bleeding & set(p['slices']))} | {len(set(p['slices']) - bleeding)} | "
                      + " | ".join(ml) + f" | {p['seconds']:.1f} |")
            bleeds, normal = [r for r in rows if r["bleeding"]], [r for r in rows if not r["bleeding"]]
            hit = sum(len(set(r["bleeding"]) & set(r[package]["slices"])) for r in bleeds)
            print(f"\n{sum(bool(r[package]['slices']) for r in bleeds)} of {len(bleeds)} patients with labelled slices have a mark, "
                  f"{sum(bool(set(r['bleeding']) & set(r[package]['slices'])) for r in bleeds)} on a labelled slice; {hit} of {sum(len(r['bleeding']) for r in bleeds)} "
                  f"labelled slices; {sum(bool(r[package]['slices']) for r in normal)} of {len(normal)} without hemorrhage have one.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", nargs="+")
    parser.add_argument("--agent", default="hematoma-agent")
    parser.add_argument("--shared", default="../shared")
    parser.add_argument("--package", action="append", default=[])
    parser.add_argument("--models", help="folder of the packages, unless the configured one")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--patients", type=int, nargs="*")
    parser.add_argument("--out", default="ct-ich.json")
    args = parser.parse_args()
    if args.table: table(args.table)
    else: evaluate(args)


if __name__ == "__main__":
    main()
