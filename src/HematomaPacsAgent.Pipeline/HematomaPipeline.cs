using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Analysis.Measurements;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Prognosis;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;
using HematomaPacsAgent.Analysis.Signs;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Dicom.Objects;
using HematomaPacsAgent.Pipeline.Findings;
using HematomaPacsAgent.Pipeline.Jobs;
using HematomaPacsAgent.Pipeline.Series;

namespace HematomaPacsAgent.Pipeline;

/// <summary>One instance of the study to analyse.</summary>
/// <param name="Path">Where the file is.</param>
/// <param name="Sha256">Digest of its content, lower-case hex.</param>
public sealed record StudyFile(string Path, string Sha256);

/// <summary>A study as the pipeline takes it, from the spool or from a folder.</summary>
/// <param name="StudyInstanceUid">The study.</param>
/// <param name="Files">Its instances.</param>
/// <param name="Remarks">What is already known to be wrong with the input, e.g. instances refused at the door.</param>
/// <param name="EarlierReport">The SR of an analysis of this study that the new one replaces.</param>
public sealed record StudyInput(string StudyInstanceUid, IReadOnlyList<StudyFile> Files, IReadOnlyList<string> Remarks, string? EarlierReport = null);

/// <summary>From a study's files to findings, SEG, SR and pictures: the straight line. Knows neither network nor database.</summary>
public sealed class HematomaPipeline(HematomaSegmenter segmenter, SignClassifier classifier, RadiomicsParameters radiomicsParameters, Nomogram nomogram,
    SeriesRules rules, ResultOptions options, TimeProvider clock)
{
    /// <summary>Hematomas below this volume are noise of the segmentation, not findings.</summary>
    public const double SmallestHematomaMl = 0.1;

    /// <summary>Digest of the input, of every model and of the series rules: the same digest means the same answer.</summary>
    public string DigestOf(StudyInput study)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string part in study.Files.Select(file => file.Sha256).Order(StringComparer.Ordinal)
                     .Append(segmenter.Package.Sha256).Append(segmenter.Package.ManifestSha256)
                     .Append(classifier.Package.Sha256).Append(classifier.Package.ManifestSha256).Append(radiomicsParameters.Sha256).Append(nomogram.Sha256)
                     .Append(rules.Fingerprint))
            hash.AppendData(Encoding.UTF8.GetBytes(part));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Analyses a study and writes what it found into a folder.</summary>
    /// <param name="study">The input.</param>
    /// <param name="folder">Made if it is not there. Gets findings.json, and where a head CT was analysed sr.dcm, seg.dcm (with a hematoma)
    /// and pictures.</param>
    /// <param name="progress">Told each stage, and how far along the whole is.</param>
    /// <param name="cancellation">Stops at the next slice.</param>
    /// <returns>The outcome; a study that cannot be analysed is an outcome too. Other exceptions are faults.</returns>
    public Task<StudyOutcome> RunAsync(StudyInput study, string folder, IProgress<StageProgress> progress, CancellationToken cancellation) =>
        Task.Run(() => Run(study, folder, progress, cancellation), cancellation);

    private StudyOutcome Run(StudyInput study, string folder, IProgress<StageProgress> progress, CancellationToken cancellation)
    {
        string digest = DigestOf(study);
        FindingsIdentity identity = new(digest, clock.GetLocalNow());
        Stages stages = new(progress, cancellation);
        Directory.CreateDirectory(folder);
        try
        {
            CtSeries series = stages.Run("load", 0.00, _ => CtSeriesLoader.Load([.. study.Files.Select(file => file.Path)], rules, cancellation));
            Volume volume = series.Canonical.Volume;
            HematomaSegmentation segmentation = stages.Run("segment", 0.15, part => Segment(series, part, cancellation));
            Mask hematoma = segmentation.Mask;
            Mask? ivh = segmentation.Masks.GetValueOrDefault("ivh"); // captured alone, so that the voxels' probabilities can go
            HematomaMeasurements measured = stages.Run("measure", 0.60,
                _ => HematomaMeasurements.Of(volume, hematoma, ivh, series.Space!, cancellation));
            HematomaFindings findings = Describe(study, series, segmentation, measured);
            if (hematoma.VolumeMl >= SmallestHematomaMl)
            {
                IReadOnlyList<SignPrediction> signs = stages.Run("signs", 0.62, _ => classifier.Classify(volume, hematoma, cancellation));
                IReadOnlyList<SignRuling> rulings = stages.Run("sign-rules", 0.68, _ => SignCrossCheck.Judge(volume, segmentation));
                RadiomicsResult radiomics = stages.Run("radiomics", 0.70, _ => Measure(volume, hematoma, cancellation));
                NomogramScore score = stages.Run("nomogram", 0.80,
                    _ => nomogram.Score(signs.ToDictionary(sign => sign.Code, sign => sign.Probability), radiomics.Values));
                findings = WithPrognosis(findings, SignCrossCheck.Of(signs, rulings, classifier.Package), radiomics, score);
            }

            return stages.Run("report", 0.85, _ => Write(study, folder, digest, series, hematoma, findings, identity, stages));
        }
        catch (NotEligibleException reason)
        {
            HematomaFindings findings = new()
            {
                Outcome = Outcome.NotEligible,
                Reason = "Not analysed: " + string.Join(". ", study.Remarks.Prepend(reason.Message)),
                StudyInstanceUid = study.StudyInstanceUid,
                Series = reason.Candidates,
                TimingsMs = stages.TimingsMs,
                Warnings = study.Remarks,
            };
            File.WriteAllText(Path.Combine(folder, "findings.json"), findings.ToJson());
            return new StudyOutcome(Outcome.NotEligible, findings.Reason, findings.ToJson(), digest, []);
        }
    }

    /// <summary>A scan that the model must not be asked about is not eligible, with the model's reason.</summary>
    private HematomaSegmentation Segment(CtSeries series, IProgress<double> progress, CancellationToken cancellation)
    {
        try
        {
            return segmenter.Segment(series.Canonical.Volume, series.Space!, progress, cancellation);
        }
        catch (ModelAbstainsException reason)
        {
            throw new NotEligibleException(reason.Message) { Candidates = series.Candidates };
        }
    }

    /// <summary>A region that radiomics cannot measure (one row of voxels) costs its features, not the study its answer.</summary>
    private RadiomicsResult Measure(Volume volume, Mask hematoma, CancellationToken cancellation)
    {
        IReadOnlyList<string> doubts = VolumeImage.Doubts(volume.Geometry);
        try
        {
            (ScalarImage image, bool[] mask) = VolumeImage.Of(volume, hematoma, radiomicsParameters.NeedsWholeImage);
            RadiomicsResult result = FeatureExtractor.Extract(image, mask, radiomicsParameters, threads: 0, cancellation);
            return result with { Warnings = [.. doubts, .. result.Warnings] };
        }
        catch (RadiomicsException reason)
        {
            string profile = radiomicsParameters.Profile == RadiomicsProfile.Ibsi ? "ibsi" : "pyradiomics";
            return new RadiomicsResult(profile, new Dictionary<string, double>(), [], new Dictionary<string, string>(),
                [.. doubts, $"no radiomics: {reason.Message}"]);
        }
    }

    private HematomaFindings Describe(StudyInput study, CtSeries series, HematomaSegmentation segmentation, HematomaMeasurements measured)
    {
        Mask hematoma = segmentation.Mask;
        double volumeMl = hematoma.VolumeMl;
        bool found = volumeMl >= SmallestHematomaMl;
        // Blood of another class is no hematoma of the brain, yet "none found" alone would send the reader away from it.
        string[] others = [.. segmentation.Masks.Where(known => known.Key != HematomaSegmenter.Hematoma)
            .Select(known => (known.Key, Ml: known.Value.VolumeMl)).Where(known => known.Ml >= SmallestHematomaMl)
            .Select(known => string.Create(CultureInfo.InvariantCulture, $"{ClassNames.Of(known.Key).ToLowerInvariant()} {known.Ml:F1} ml"))];
        string besides = others.Length == 0 ? "" : $" The model also marked: {string.Join(", ", others)}.";
        return new HematomaFindings
        {
            Outcome = found ? Outcome.Hematoma : Outcome.NoHematoma,
            Reason = found
                ? string.Create(CultureInfo.InvariantCulture, $"Hematoma of {volumeMl:F1} ml found ({series.Volume.Geometry.Slices} slices read).{besides}")
                : $"No hematoma of the brain found ({series.Volume.Geometry.Slices} slices read).{besides} The model can miss small or faint bleeds.",
            StudyInstanceUid = study.StudyInstanceUid,
            SeriesInstanceUid = series.Source.SeriesInstanceUid.Value,
            Series = series.Candidates,
            Segmentation = new SegmentationFindings(segmenter.Package.Id, segmenter.Package.Version, segmenter.Package.Sha256, segmenter.Package.IntendedUse,
                segmentation.Device.ToString(), segmentation.Masks.ToDictionary(known => known.Key, known => known.Value.VolumeMl), segmentation.Components,
                hematoma.LargestSlice, found ? MeanHounsfield(series.Canonical.Volume, hematoma) : null) 
                {
                    Inference = InferenceFindings.Of(segmentation.Device),
                    CalibratedOn = segmenter.Package.Manifest.Output.Classes.First(one => one.Key == HematomaSegmenter.Hematoma).Calibration?.FittedOn,
                }.With(measured, segmentation, found),
            Warnings = [.. study.Remarks, .. series.Warnings, .. OpenSkull(series.Space!)],
        };
    }

    private static IEnumerable<string> OpenSkull(IntracranialSpace space) => space.OpenSlices is not [var first, ..] ? [] :
        [$"the skull is open on {space.OpenSlices.Count} slices ({first + 1} to {space.OpenSlices[^1] + 1}): a craniotomy, or a field of view that cuts the head. "
            + "There its inside was bridged from what is left of the bone, and midline shift and site are less reliable"];

    private HematomaFindings WithPrognosis(HematomaFindings findings, IReadOnlyList<SignFindings> signs, RadiomicsResult radiomics,
        NomogramScore score) => findings with
    {
        Signs = signs,
        Radiomics = new RadiomicsFindings(radiomics.Profile, radiomicsParameters.Sha256,
            radiomics.Values.ToDictionary(feature => feature.Key, feature => double.IsFinite(feature.Value) ? feature.Value : (double?)null)),
        Radscore = score.Radscore,
        Nomogram = new NomogramFindings(nomogram.Id, nomogram.Version, nomogram.Sha256, nomogram.IntendedUse, score.LinearPredictor, score.Points,
            score.Probability, [score.ProbabilityLow, score.ProbabilityHigh], score.Grade),
        Warnings = [.. findings.Warnings, .. SignCrossCheck.Warnings(signs), .. radiomics.Warnings],
    };

    private StudyOutcome Write(StudyInput study, string folder, string digest, CtSeries series, Mask hematoma, HematomaFindings findings,
        FindingsIdentity identity, Stages stages)
    {
        List<ResultObject> objects = [];
        (DicomUID, InstanceReference)? evidence = null;
        bool found = findings.Outcome == Outcome.Hematoma;
        Mask region = series.Canonical.ToSource(found ? hematoma : series.Space!.Mask);
        if (found)
        {
            DicomDataset segmentation = FindingsSegmentation.Build(series, region, findings.Segmentation!, identity);
            objects.Add(Save(segmentation, "SEG", folder, "seg.dcm"));
            evidence = Reference(segmentation);
        }

        if (study.EarlierReport is not null) findings = findings with { Warnings = [.. findings.Warnings, Notices.Supersedes] };
        DicomDataset report = FindingsReport.Build(series, region, findings, evidence, Reference(study.EarlierReport), identity,
            options.AllowDemonstrationModels);
        objects.Add(Save(report, "SR", folder, "sr.dcm"));
        findings = findings with { TimingsMs = stages.TimingsMs };
        ReportPage.Write(folder, findings, series.Canonical.Volume, found ? hematoma : null);
        string json = findings.ToJson();
        File.WriteAllText(Path.Combine(folder, "findings.json"), json);
        return new StudyOutcome(findings.Outcome, findings.Reason, json, digest, objects);
    }

    private static (DicomUID Series, InstanceReference Instance)? Reference(string? file) => file is null ? null : Reference(DicomFile.Open(file).Dataset);

    private static (DicomUID Series, InstanceReference Instance) Reference(DicomDataset made) => (new DicomUID(made.GetString(DicomTag.SeriesInstanceUID)),
        new InstanceReference(new DicomUID(made.GetString(DicomTag.SOPClassUID)), new DicomUID(made.GetString(DicomTag.SOPInstanceUID))));

    private static ResultObject Save(DicomDataset dataset, string kind, string folder, string name)
    {
        string path = Path.Combine(folder, name);
        new DicomFile(dataset, DicomTransferSyntax.ExplicitVRLittleEndian).Save(path);
        return new ResultObject(kind, dataset.GetString(DicomTag.SOPClassUID), dataset.GetString(DicomTag.SOPInstanceUID), path);
    }

    private static double MeanHounsfield(Volume volume, Mask mask)
    {
        long sum = 0, count = 0;
        for (int i = 0; i < mask.Voxels.Length; i++)
            if (mask.Voxels[i]) (sum, count) = (sum + volume.Hounsfield[i], count + 1);
        return (double)sum / count;
    }

    /// <summary>Times the stages and tells progress. Shares: where each stage begins on a bar from 0 to 1.</summary>
    private sealed class Stages(IProgress<StageProgress> progress, CancellationToken cancellation)
    {
        private readonly Dictionary<string, double> timings = [];

        public IReadOnlyDictionary<string, double> TimingsMs => new Dictionary<string, double>(timings);

        public T Run<T>(string stage, double begin, Func<IProgress<double>, T> work)
        {
            cancellation.ThrowIfCancellationRequested();
            progress.Report(new StageProgress(stage, begin));
            long started = Stopwatch.GetTimestamp();
            T result = work(new Part(progress, stage, begin));
            timings[stage] = Math.Round(Stopwatch.GetElapsedTime(started).TotalMilliseconds, 1);
            return result;
        }

        /// <summary>Reports synchronously: the slice just done, not one the thread pool gets to later. Only segmentation is long enough to
        /// have parts.</summary>
        private sealed class Part(IProgress<StageProgress> progress, string stage, double begin) : IProgress<double>
        {
            private const double SegmentationShare = 0.45;

            public void Report(double value) => progress.Report(new StageProgress(stage, begin + SegmentationShare * value));
        }
    }
}
