using HematomaPacsAgent.Analysis.Models;

namespace HematomaPacsAgent.Analysis.Evaluation;

/// <summary>Which hematoma the signs are looked for on.</summary>
public enum SignMasks
{
    /// <summary>The segmentation model's own: what a patient gets.</summary>
    Model,

    /// <summary>The truth: what the sign model alone is worth.</summary>
    Truth,
}

/// <summary>One sign in one case.</summary>
/// <param name="Sign">Code, e.g. <c>blend-sign</c>.</param>
/// <param name="Truth">Whether it is there.</param>
/// <param name="Probability">The model's, 0 to 1; 0 where the hematoma was missed.</param>
/// <param name="State">The model's answer; absent where the hematoma was missed.</param>
public sealed record SignScore(string Sign, bool Truth, double Probability, SignState State);

/// <summary>What came of one case.</summary>
/// <param name="Name">The case.</param>
/// <param name="Regime">Its scanner or hospital; null where unknown.</param>
/// <param name="NotAnalysed">Why the pipeline or the model refused it; null where it was analysed.</param>
/// <param name="TruthMl">True volume of the hematoma.</param>
/// <param name="FoundMl">Volume of the mask that the signs were looked for on; 0 where the model found nothing.</param>
/// <param name="IsMissed">There is a hematoma, and the model's mask is no finding.</param>
/// <param name="Signs">Of each sign that the truth knows and the model has; none where there is no hematoma.</param>
public sealed record SignRow(string Name, string? Regime, string? NotAnalysed, double TruthMl, double FoundMl, bool IsMissed, IReadOnlyList<SignScore> Signs);

/// <summary>Classifies the signs of labelled cases as the pipeline does.</summary>
public sealed class SignEvaluation
{
    private readonly SignClassifier classifier;
    private readonly HematomaSegmenter? segmenter;
    private readonly DetectionLimits limits;

    /// <param name="classifier">The sign model.</param>
    /// <param name="segmenter">Makes the masks; null takes the truth's.</param>
    /// <param name="limits">When a hematoma counts as found.</param>
    public SignEvaluation(SignClassifier classifier, HematomaSegmenter? segmenter, DetectionLimits limits)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        ArgumentNullException.ThrowIfNull(limits);
        (this.classifier, this.segmenter, this.limits) = (classifier, segmenter, limits);
    }

    /// <returns>The scores, without signs for a case that has no hematoma (signs are those of one), and the mask they were looked for on, for a
    /// picture; null where they were not.</returns>
    public (SignRow Row, Mask? Mask) Run(LabelledCase labelled, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(labelled);
        Mask truth = labelled.Masks[HematomaSegmenter.Hematoma], mask = truth;
        double truthMl = truth.VolumeMl;
        if (segmenter is not null && truthMl > 0)
        {
            IntracranialSpace space = IntracranialSpace.Find(labelled.Volume);
            (HematomaSegmentation? made, string? refusal) = SegmentationEvaluation.Segment(segmenter, labelled.Volume, space, cancellation);
            if (made is null) return (new SignRow(labelled.Name, labelled.Regime, refusal, truthMl, 0, false, []), null);
            mask = made.Mask;
        }

        if (truthMl == 0) return (new SignRow(labelled.Name, labelled.Regime, null, 0, 0, false, []), null);
        double foundMl = mask.VolumeMl;
        bool isMissed = segmenter is not null && foundMl < limits.SmallestFindingMl;
        IReadOnlyList<SignPrediction> said = isMissed
            ? [.. classifier.Package.Manifest.Output.Classes.Select(sign => new SignPrediction(sign.Key, 0, SignState.Absent, -1))]
            : classifier.Classify(labelled.Volume, mask, cancellation);
        return (new SignRow(labelled.Name, labelled.Regime, null, truthMl, foundMl, isMissed,
            [.. said.Where(sign => labelled.Signs.ContainsKey(sign.Code))
                .Select(sign => new SignScore(sign.Code, labelled.Signs[sign.Code], sign.Probability, sign.State))]), mask);
    }
}
