using System.Globalization;
using HematomaPacsAgent.Analysis.Evaluation;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Pipeline.Evaluation;

namespace HematomaPacsAgent.Commands;

/// <summary><c>evaluate segmentation</c>: case by case, a line and perhaps a picture each; then the sums.</summary>
internal static class EvaluateSegmentation
{
    private const int WorstShown = 9, FalseShown = 3, TypicalShown = 3;

    public static int Run(HematomaSegmenter segmenter, Inference inference, IEnumerable<LabelledCase> cases, int count, string words, string folder,
        CancellationToken cancellation)
    {
        SegmentationEvaluation evaluation = new(segmenter, EvaluateCommand.Limits);
        List<SegmentationRow> rows = [];
        HashSet<string> knownToTruth = [];
        WorstPictures worst = new(WorstShown), falsely = new(FalseShown);
        TypicalPictures typical = new();
        foreach (LabelledCase labelled in cases)
        {
            cancellation.ThrowIfCancellationRequested();
            (SegmentationRow row, HematomaSegmentation? made) = evaluation.Run(labelled, cancellation);
            rows.Add(row);
            knownToTruth.UnionWith(labelled.Masks.Keys);
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

        ClassSummary[] classes = [.. segmenter.Package.Manifest.Output.Classes
            .Select(known => ClassSummary.Of(known.Key, rows, EvaluateCommand.Limits)).Where(known => known.N > 0)];
        EvaluationReport report = new()
        {
            Kind = "segmentation",
            Command = words,
            Models = [EvaluatedModel.Of(segmenter.Package, inference.Device)],
            Limits = EvaluateCommand.Limits,
            Cases = rows.Count,
            NotAnalysed = rows.Count(row => row.NotAnalysed is not null),
            Notes = [.. EvaluateCommand.Notes(words), .. NotJudged(segmenter, knownToTruth)],
            Classes = classes,
            SegmentationRows = rows,
        };
        double median = classes.FirstOrDefault(known => known.Class == HematomaSegmenter.Hematoma)?.Overall.Iou?.Median ?? 0;
        report.Write(folder, [.. worst.Pictures, .. falsely.Pictures], typical.Nearest(median, TypicalShown));
        foreach (ClassSummary known in classes) Console.WriteLine(InShort(known));
        return EvaluateCommand.End(report, folder);
    }

    /// <summary>What one side knows and the other does not is left out, and that is said.</summary>
    private static IEnumerable<string> NotJudged(HematomaSegmenter segmenter, HashSet<string> knownToTruth)
    {
        string[] ofModel = [.. segmenter.Package.Manifest.Output.Classes.Select(known => known.Key)];
        foreach (string key in knownToTruth.Except(ofModel).Order(StringComparer.Ordinal))
            yield return $"Not judged: {key}. The truth knows it, the model {segmenter.Package.Id} has no such class.";
        foreach (string key in ofModel.Except(knownToTruth).Order(StringComparer.Ordinal))
            yield return $"Not judged: {key}. The model has this class, no case's truth knows it.";
    }

    private static string Figures(SegmentationRow row, ClassScore score) => (row.Regime is null ? "" : $"regime {row.Regime}, ")
        + (score.IsThere ? string.Create(CultureInfo.InvariantCulture, $"IoU {score.Overlap.Iou:F3}, {score.FoundMl:F1} of {score.TruthMl:F1} ml")
            : string.Create(CultureInfo.InvariantCulture, $"no hematoma, {score.FoundMl:F1} ml found"));

    private static string InShort(ClassSummary known) => string.Create(CultureInfo.InvariantCulture,
        $"{known.Class}: {known.Overall.N} of {known.N} cases have it; IoU > 0.6 in {100 * known.Overall.IouAbove06.Share:F1} %, > 0.8 in {100 * known.Overall.IouAbove08.Share:F1} %, " +
            $"median {known.Overall.Iou?.Median:F3}");
}
