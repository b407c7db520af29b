using System.CommandLine;
using System.Globalization;
using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Analysis.Evaluation;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Pipeline;
using HematomaPacsAgent.Pipeline.Evaluation;

namespace HematomaPacsAgent.Commands;

internal static class EvaluateCommand
{
    private const int WorstShown = 9, FalseShown = 3, TypicalShown = 3;

    private static readonly DetectionLimits Limits = new(HematomaPipeline.SmallestHematomaMl);

    public static Command Build() => new("evaluate", """
        judges a model on cases whose truth is known: evaluation.json with every number, evaluation.html with tables, charts and pictures (docs/evaluation.md).
        Examples:
          hematoma-agent evaluate segmentation --phantoms 900000 --count 200 --regime C --out judged
          hematoma-agent evaluate signs --cases labelled/ --masks truth --out judged
        """) { Segmentation(), Signs() };

    private static Command Segmentation()
    {
        EvaluationArguments arguments = new();
        Option<string?> model = new("--model") { Description = "segmentation package instead of the configured one" };
        Option<FileInfo?> config = CommandRun.ConfigOption();
        Command command = new("segmentation", "IoU, Dice, Hausdorff distance, volume error and detection, by volume and by scanner") { model, config };
        foreach (Option option in arguments.Options) command.Add(option);
        command.Runs((parsed, cancellation) =>
        {
            var (cases, count, words) = arguments.Read(parsed, cancellation);
            IConfiguration settings = AgentSettings.Load(parsed.GetValue(config)?.FullName);
            using Inference inference = InferenceProcess.Begin(settings);
            using HematomaSegmenter segmenter = HematomaSegmenter.Load(Package(settings, parsed.GetValue(model), options => options.Segmentation), inference);
            return Task.FromResult(Segment(segmenter, inference, cases, count, $"evaluate segmentation {words} --model {segmenter.Package.Id}",
                arguments.Output(parsed), cancellation));
        });
        return command;
    }

    private static Command Signs()
    {
        EvaluationArguments arguments = new();
        Option<string?> model = new("--model") { Description = "segmentation package instead of the configured one" };
        Option<string?> signs = new("--signs-model") { Description = "sign package instead of the configured one" };
        Option<string> masks = new("--masks")
        {
            Description = "model: signs as a patient gets them, on the segmentation's own hematoma; truth: on the true one", DefaultValueFactory = _ => "model",
        };
        masks.AcceptOnlyFromAmong("model", "truth");
        Option<FileInfo?> config = CommandRun.ConfigOption();
        Command command = new("signs", "AUC, sensitivity, specificity and calibration of each sign, on cases with a hematoma") { model, signs, masks, config };
        foreach (Option option in arguments.Options) command.Add(option);
        command.Runs((parsed, cancellation) =>
        {
            bool onTruth = parsed.GetValue(masks) == "truth";
            if (onTruth && parsed.GetValue(model) is not null) throw new UsageException("--model is not used with --masks truth: leave it out");
            var (cases, count, words) = arguments.Read(parsed, cancellation);
            IConfiguration settings = AgentSettings.Load(parsed.GetValue(config)?.FullName);
            using Inference inference = InferenceProcess.Begin(settings);
            using HematomaSegmenter? segmenter = onTruth ? null
                : HematomaSegmenter.Load(Package(settings, parsed.GetValue(model), options => options.Segmentation), inference);
            using SignClassifier classifier = SignClassifier.Load(Package(settings, parsed.GetValue(signs), options => options.Signs), inference);
            string models = $"{(segmenter is null ? "" : $"--model {segmenter.Package.Id} ")}--signs-model {classifier.Package.Id}";
            return Task.FromResult(Classify(classifier, segmenter, inference, cases, count,
                $"evaluate signs {words} --masks {parsed.GetValue(masks)} {models}", arguments.Output(parsed), cancellation));
        });
        return command;
    }

    private static string Package(IConfiguration settings, string? given, Func<ModelOptions, string> configured)
    {
        ModelOptions options = AgentHost.Validated<ModelOptions>(settings, "Models");
        return Path.Combine(AgentSettings.BesideProgram(options.Folder), given ?? configured(options));
    }

    private static int Segment(HematomaSegmenter segmenter, Inference inference, IEnumerable<LabelledCase> cases, int count, string words, string folder,
        CancellationToken cancellation)
    {
        SegmentationEvaluation evaluation = new(segmenter, Limits);
        List<SegmentationRow> rows = [];
        WorstPictures worst = new(WorstShown), falsely = new(FalseShown);
        TypicalPictures typical = new();
        foreach (LabelledCase labelled in cases)
        {
            cancellation.ThrowIfCancellationRequested();
            (SegmentationRow row, HematomaSegmentation? made) = evaluation.Run(labelled, cancellation);
            rows.Add(row);
            ClassScore? score = row.Of(HematomaSegmenter.Hematoma);
            string figures = row.NotAnalysed is { } reason ? $"not analysed: {reason}" : Figures(row, score!);
            Console.Error.WriteLine($"{rows.Count} of {count}: {row.Name}: {figures}");
            if (made is null || score is null) continue;
            CasePicture Draw() => CasePicture.Of(row.Name, figures, labelled.Volume, labelled.Masks[HematomaSegmenter.Hematoma], made.Mask);
            if (score.IsThere)
            {
                worst.Offer(1 - score.Overlap.Iou!.Value, Draw);
                typical.Offer(score.Overlap.Iou.Value, Draw);
            }
            else if (score.FoundMl > 0)
            {
                falsely.Offer(score.FoundMl, Draw);
            }
        }

        ClassSummary[] classes = [.. segmenter.Package.Manifest.Output.Classes.Select(known => ClassSummary.Of(known.Key, rows, Limits)).Where(known => known.N > 0)];
        EvaluationReport report = new()
        {
            Kind = "segmentation",
            Command = words,
            Models = [EvaluatedModel.Of(segmenter.Package, inference.Device)],
            Limits = Limits,
            Cases = rows.Count,
            NotAnalysed = rows.Count(row => row.NotAnalysed is not null),
            Notes = Notes(words),
            Classes = classes,
            SegmentationRows = rows,
        };
        double median = classes.FirstOrDefault(known => known.Class == HematomaSegmenter.Hematoma)?.Overall.Iou?.Median ?? 0;
        report.Write(folder, [.. worst.Pictures, .. falsely.Pictures], typical.Nearest(median, TypicalShown));
        foreach (ClassSummary known in classes) Console.WriteLine(InShort(known));
        return End(report, folder);
    }

    private static int Classify(SignClassifier classifier, HematomaSegmenter? segmenter, Inference inference, IEnumerable<LabelledCase> cases, int count,
        string words, string folder, CancellationToken cancellation)
    {
        SignEvaluation evaluation = new(classifier, segmenter, Limits);
        List<SignRow> rows = [];
        WorstPictures worst = new(WorstShown + FalseShown);
        foreach (LabelledCase labelled in cases)
        {
            cancellation.ThrowIfCancellationRequested();
            (SignRow row, Mask? mask) = evaluation.Run(labelled, cancellation);
            rows.Add(row);
            SignScore? farthest = row.Signs.MaxBy(Error);
            string figures = row.NotAnalysed is { } reason ? $"not analysed: {reason}" : row.TruthMl == 0 ? "no hematoma" : row.IsMissed ? "hematoma missed"
                : farthest is null ? "its truth knows no sign"
                : string.Create(CultureInfo.InvariantCulture, $"farthest off: {farthest.Sign} {(farthest.Truth ? "there" : "not there")}, probability {farthest.Probability:F2}");
            Console.Error.WriteLine($"{rows.Count} of {count}: {row.Name}: {figures}");
            if (mask is not null && farthest is not null)
                worst.Offer(Error(farthest), () => CasePicture.Of(row.Name, figures, labelled.Volume, labelled.Masks[HematomaSegmenter.Hematoma], mask));
        }

        SignRow[] withHematoma = [.. rows.Where(row => row is { NotAnalysed: null, TruthMl: > 0 })];
        EvaluationReport report = new()
        {
            Kind = "signs",
            Command = words,
            Models = [.. segmenter is null ? [] : (EvaluatedModel[])[EvaluatedModel.Of(segmenter.Package, inference.Device)], EvaluatedModel.Of(classifier.Package, inference.Device)],
            Limits = Limits,
            Cases = rows.Count,
            NotAnalysed = rows.Count(row => row.NotAnalysed is not null),
            Notes = Notes(words),
            Masks = segmenter is null ? SignMasks.Truth : SignMasks.Model,
            Missed = Proportion.Of(withHematoma, row => row.IsMissed),
            Signs = [.. classifier.Package.Manifest.Output.Classes.Select(sign => SignSummary.Of(sign, rows))],
            SignRows = rows,
        };
        report.Write(folder, worst.Pictures, []);
        foreach (SignSummary sign in report.Signs) Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{sign.Sign}: AUC {sign.Roc.Auc:F3} [{sign.Roc.Ci95?.Low:F3}, {sign.Roc.Ci95?.High:F3}], {sign.Positive} with, {sign.Negative} without"));
        return End(report, folder);

        static double Error(SignScore score) => Math.Abs(score.Probability - (score.Truth ? 1 : 0));
    }

    private static string Figures(SegmentationRow row, ClassScore score) => (row.Regime is null ? "" : $"regime {row.Regime}, ")
        + (score.IsThere ? string.Create(CultureInfo.InvariantCulture, $"IoU {score.Overlap.Iou:F3}, {score.FoundMl:F1} of {score.TruthMl:F1} ml")
            : string.Create(CultureInfo.InvariantCulture, $"no hematoma, {score.FoundMl:F1} ml found"));

    private static string InShort(ClassSummary known) => string.Create(CultureInfo.InvariantCulture,
        $"{known.Class}: {known.Overall.N} of {known.N} cases have it; IoU > 0.6 in {100 * known.Overall.IouAbove06.Share:F1} %, > 0.8 in {100 * known.Overall.IouAbove08.Share:F1} %, median {known.Overall.Iou?.Median:F3}");

    private static string[] Notes(string words) => words.Contains("--phantoms", StringComparison.Ordinal)
        ? ["Judged on computer-made heads: these figures say nothing of patients."] : [];

    /// <summary>As analyze: a run of which nothing could be analysed is no success.</summary>
    private static int End(EvaluationReport report, string folder)
    {
        Console.WriteLine($"{report.Cases} cases, {report.NotAnalysed} not analysed; written to {folder}: evaluation.json, evaluation.html");
        return report.NotAnalysed == report.Cases ? CommandRun.NotEligible : CommandRun.Done;
    }
}
