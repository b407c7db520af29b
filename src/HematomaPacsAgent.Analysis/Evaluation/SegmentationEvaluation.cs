using HematomaPacsAgent.Analysis.Models;

namespace HematomaPacsAgent.Analysis.Evaluation;

/// <summary>What came of one case.</summary>
/// <param name="Name">The case.</param>
/// <param name="Regime">Its scanner or hospital; null where unknown.</param>
/// <param name="NotAnalysed">Why the pipeline or the model refused it; null where it was analysed.</param>
/// <param name="Classes">Of each class that the truth knows and the model has.</param>
public sealed record SegmentationRow(string Name, string? Regime, string? NotAnalysed, IReadOnlyList<ClassScore> Classes)
{
    public ClassScore? Of(string key) => Classes.FirstOrDefault(score => score.Class == key);
}

/// <summary>Segments labelled cases as the pipeline does and scores what came of each.</summary>
/// <param name="segmenter">The model.</param>
/// <param name="limits">When something counts as found.</param>
public sealed class SegmentationEvaluation(HematomaSegmenter segmenter, DetectionLimits limits)
{
    /// <returns>The scores, and the masks for a picture; null where the case was not analysed.</returns>
    public (SegmentationRow Row, HematomaSegmentation? Segmentation) Run(LabelledCase labelled, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(labelled);
        IntracranialSpace space = IntracranialSpace.Find(labelled.Volume);
        (HematomaSegmentation? made, string? refusal) = Segment(segmenter, labelled.Volume, space, cancellation);
        if (made is null) return (new SegmentationRow(labelled.Name, labelled.Regime, refusal, []), null);
        ClassScore[] scores = [.. made.Masks.Where(known => labelled.Masks.ContainsKey(known.Key))
            .Select(known => ClassScore.Of(known.Key, labelled.Masks[known.Key], known.Value, space.Mask, limits))];
        return (new SegmentationRow(labelled.Name, labelled.Regime, null, scores), made);
    }

    /// <summary>As the pipeline: what is no head is refused before the model is asked, and the model may refuse too.</summary>
    internal static (HematomaSegmentation? Made, string? Refusal) Segment(HematomaSegmenter segmenter, Volume volume, IntracranialSpace space,
        CancellationToken cancellation)
    {
        if (!space.LooksLikeHead) return (null, space.Reason);
        try
        {
            return (segmenter.Segment(volume, space, null, cancellation), null);
        }
        catch (ModelAbstainsException reason)
        {
            return (null, reason.Message);
        }
    }
}
