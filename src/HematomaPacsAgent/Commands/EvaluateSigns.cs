using System.Globalization;
using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Analysis.Evaluation;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Pipeline.Evaluation;

namespace HematomaPacsAgent.Commands;

/// <summary><c>evaluate signs</c>: case by case, a line and perhaps a picture each; then the sums.</summary>
internal static class EvaluateSigns
{
    private const int WorstShown = 12;

    public static int Run(SignClassifier classifier, HematomaSegmenter? segmenter, Inference inference, IEnumerable<LabelledCase> cases, int count,
        string words, string folder, CancellationToken cancellation)
    {
        SignEvaluation evaluation = new(classifier, segmenter, EvaluateCommand.Limits);
        List<SignRow> rows = [];
        WorstPictures worst = new(WorstShown);
        foreach (LabelledCase labelled in cases)
        {
            cancellation.ThrowIfCancellationRequested();
            (SignRow row, Mask? mask) = evaluation.Run(labelled, cancellation);
            rows.Add(row);
            SignScore? farthest = row.Signs.MaxBy(Error);
            string figures = row.NotAnalysed is { } reason ? $"not analysed: {reason}" : row.TruthMl == 0 ? "no hematoma" : row.IsMissed ? "hematoma missed"
                : farthest is null ? "its truth knows no sign"
                : string.Create(CultureInfo.InvariantCulture,
                    $"farthest off: {farthest.Sign} {(farthest.Truth ? "there" : "not there")}, probability {farthest.Probability:F2}");
            Console.Error.WriteLine($"{rows.Count} of {count}: {row.Name}: {figures}");
            if (mask is not null && farthest is not null)
                worst.Offer(Error(farthest), () => CasePicture.Of(row.Name, figures, labelled.Volume, labelled.Masks[HematomaSegmenter.Hematoma], mask));
        }

        SignRow[] withHematoma = [.. rows.Where(row => row is { NotAnalysed: null, TruthMl: > 0 })];
        EvaluationReport report = new()
        {
            Kind = "signs",
            Command = words,
            Models = [
                .. segmenter is null ? [] : (EvaluatedModel[])[EvaluatedModel.Of(segmenter.Package, inference.Device)], EvaluatedModel.Of(classifier.Package, inference.Device)],
            Limits = EvaluateCommand.Limits,
            Cases = rows.Count,
            NotAnalysed = rows.Count(row => row.NotAnalysed is not null),
            Notes = EvaluateCommand.Notes(words),
            Masks = segmenter is null ? SignMasks.Truth : SignMasks.Model,
            Missed = Proportion.Of(withHematoma, row => row.IsMissed),
            Signs = [.. classifier.Package.Manifest.Output.Classes.Select(sign => SignSummary.Of(sign, rows))],
            SignRows = rows,
        };
        report.Write(folder, worst.Pictures, []);
        foreach (SignSummary sign in report.Signs) Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{sign.Sign}: AUC {sign.Roc.Auc:F3} [{sign.Roc.Ci95?.Low:F3}, {sign.Roc.Ci95?.High:F3}], {sign.Positive} with, {sign.Negative} without"));
        return EvaluateCommand.End(report, folder);

        static double Error(SignScore score) => Math.Abs(score.Probability - (score.Truth ? 1 : 0));
    }
}
