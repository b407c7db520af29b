namespace HematomaPacsAgent.Analysis.Calibration;

/// <summary>What a network said of one class, case by case or voxel by voxel, and what was true.</summary>
internal sealed class LabelledLogits
{
    private readonly List<float> logits = [];
    private readonly List<bool> labels = [];

    public int Count => logits.Count;

    public int Positives { get; private set; }

    public int Negatives => Count - Positives;

    /// <param name="logit">The network's value before any calibration.</param>
    /// <param name="isThere">The truth.</param>
    /// <exception cref="ArgumentException">The logit is no finite number.</exception>
    public void Add(float logit, bool isThere)
    {
        if (!float.IsFinite(logit)) throw new ArgumentException($"a logit of {logit} cannot be calibrated", nameof(logit));
        logits.Add(logit);
        labels.Add(isThere);
        if (isThere) Positives++;
    }

    public (float Logit, bool IsThere) this[int i] => (logits[i], labels[i]);
}
