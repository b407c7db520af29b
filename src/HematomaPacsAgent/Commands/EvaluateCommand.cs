using System.CommandLine;
using HematomaPacsAgent.Analysis.Evaluation;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Pipeline;
using HematomaPacsAgent.Pipeline.Evaluation;

namespace HematomaPacsAgent.Commands;

internal static class EvaluateCommand
{
    public static readonly DetectionLimits Limits = new(HematomaPipeline.SmallestHematomaMl);

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
        // In a task of its own: an action that never yields would not hear of a stop before its end.
        command.Runs((parsed, cancellation) => Task.Run(() =>
        {
            var (cases, count, words) = arguments.Read(parsed, cancellation);
            IConfiguration settings = AgentSettings.Load(parsed.GetValue(config)?.FullName);
            using Inference inference = InferenceProcess.Begin(settings);
            using HematomaSegmenter segmenter = HematomaSegmenter.Load(Package(settings, parsed.GetValue(model), options => options.Segmentation), inference);
            return EvaluateSegmentation.Run(segmenter, inference, cases, count, $"evaluate segmentation {words} --model {segmenter.Package.Id}",
                arguments.Output(parsed), cancellation);
        }, cancellation));
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
        command.Runs((parsed, cancellation) => Task.Run(() =>
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
            return EvaluateSigns.Run(classifier, segmenter, inference, cases, count,
                $"evaluate signs {words} --masks {parsed.GetValue(masks)} {models}", arguments.Output(parsed), cancellation);
        }, cancellation));
        return command;
    }

    private static string Package(IConfiguration settings, string? given, Func<ModelOptions, string> configured)
    {
        ModelOptions options = AgentHost.Validated<ModelOptions>(settings, "Models");
        return Path.Combine(AgentSettings.BesideProgram(options.Folder), given ?? configured(options));
    }

    public static string[] Notes(string words) => words.Contains("--phantoms", StringComparison.Ordinal)
        ? ["Judged on computer-made heads: these figures say nothing of patients."] : [];

    /// <summary>As analyze: a run of which nothing could be analysed is no success.</summary>
    public static int End(EvaluationReport report, string folder)
    {
        Console.WriteLine($"{report.Cases} cases, {report.NotAnalysed} not analysed; written to {folder}: evaluation.json, evaluation.html");
        return report.NotAnalysed == report.Cases ? CommandRun.NotEligible : CommandRun.Done;
    }
}
