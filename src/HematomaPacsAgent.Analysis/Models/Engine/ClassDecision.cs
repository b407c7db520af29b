namespace HematomaPacsAgent.Analysis.Models.Engine;

/// <summary>From a field on the model's grid to the classes of each source voxel, slice by slice.</summary>
internal sealed class ClassDecision
{
    /// <summary>Probabilities between which a voxel is in doubt; see <see cref="VolumeInterval"/>.</summary>
    internal const double Sure = 0.75, Possible = 0.25;

    private readonly ModelOutput output;
    private readonly GridReturn back;
    private readonly IntracranialSpace space;
    private readonly bool[] insideOnly;

    public ClassDecision(ModelManifest manifest, GridReturn back, IntracranialSpace space)
    {
        (output, this.back, this.space) = (manifest.Output, back, space);
        insideOnly = [.. output.Classes.Select(c => IsInsideOnly(manifest, c))];
    }

    /// <summary>Before all else the package drops what a class has outside the skull.</summary>
    public static bool IsInsideOnly(ModelManifest manifest, ModelClass c) =>
        manifest.Postprocessing.FirstOrDefault(step => (step.Class ?? c.Key) == c.Key)?.Op == PostprocessingOp.InsideIntracranial;

    /// <summary>Sets the voxels of each class (in the package's order) in its mask, and adds up volumes.</summary>
    /// <param name="channels">Logits or probabilities, each [z, y, x] on the grid.</param>
    /// <param name="masks">One for each class; null counts only.</param>
    /// <returns>For each class, the ml at its threshold, at <see cref="Sure"/> and at <see cref="Possible"/>.</returns>
    public (double Ml, double SureMl, double PossibleMl)[] Decide(float[][] channels, bool areLogits, IReadOnlyList<Mask>? masks,
        CancellationToken cancellation)
    {
        VolumeGeometry g = space.Mask.Geometry;
        Cut[] cuts = [.. output.Classes.Select(c => Cut.Of(c, areLogits && output.Activation == Activation.Sigmoid))];
        (int At, int Sure, int Possible)[][] counts = new (int, int, int)[g.Slices][];
        ParallelOptions options = new() { CancellationToken = cancellation };
        Parallel.For(0, g.Slices, options, slice => counts[slice] = Slice(slice, channels, areLogits, cuts, masks));
        return [.. cuts.Select((_, c) => (Sum(c, n => n.At), Sum(c, n => n.Sure), Sum(c, n => n.Possible)))];
        double Sum(int c, Func<(int At, int Sure, int Possible), int> which) =>
            Enumerable.Range(0, g.Slices).Sum(slice => which(counts[slice][c]) * g.VoxelMl(slice));
    }

    private (int, int, int)[] Slice(int slice, float[][] channels, bool areLogits, Cut[] cuts, IReadOnlyList<Mask>? masks)
    {
        (int At, int Sure, int Possible)[] counts = new (int, int, int)[cuts.Length];
        if (back.Slice(slice) is not { } way) return counts;
        SourceBox box = way.Box;
        int columns = space.Mask.Geometry.Columns;
        bool onlyInside = insideOnly.All(only => only), softmax = output.Activation == Activation.Softmax && areLogits;
        float[] rows = new float[channels.Length * box.Columns];
        Span<float> scores = stackalloc float[channels.Length];
        for (int row = box.FirstRow; row <= box.LastRow; row++)
        {
            int start = row * columns + box.FirstColumn;
            ReadOnlySpan<bool> inside = space.Mask.Slice(slice).Slice(start, box.Columns);
            if (!way.HasRow(row) || (onlyInside && !inside.Contains(true))) continue;
            for (int c = 0; c < channels.Length; c++) way.Row(channels[c], row, rows.AsSpan(c * box.Columns, box.Columns));
            for (int x = 0; x < box.Columns; x++)
            {
                if ((onlyInside && !inside[x]) || float.IsNaN(rows[x])) continue;
                for (int c = 0; c < scores.Length; c++) scores[c] = rows[c * box.Columns + x];
                if (softmax) Activations.Softmax(scores);
                for (int c = 0; c < cuts.Length; c++)
                {
                    if (insideOnly[c] && !inside[x]) continue;
                    float score = scores[cuts[c].Index];
                    if (score >= cuts[c].Sure) counts[c].Sure++;
                    if (score >= cuts[c].Possible) counts[c].Possible++;
                    if (cuts[c].Largest ? !IsLargest(scores, cuts[c].Index) : score < cuts[c].At) continue;
                    counts[c].At++;
                    if (masks is not null) masks[c].Voxels[slice * space.Mask.Geometry.PixelsPerSlice + start + x] = true;
                }
            }
        }

        return counts;
    }

    /// <summary>The first of equals counts, as numpy's argmax has it.</summary>
    private static bool IsLargest(ReadOnlySpan<float> scores, int index)
    {
        for (int c = 0; c < scores.Length; c++)
            if (scores[c] > scores[index] || (c < index && scores[c] == scores[index])) return false;
        return true;
    }

    /// <summary>
    /// A class's limits in the domain of the scores: of sigmoid logits themselves, else of the network's probabilities. A calibration keeps their
    /// order, so the limits are taken back through it and no voxel need be calibrated.
    /// </summary>
    private readonly record struct Cut(int Index, bool Largest, float At, float Sure, float Possible)
    {
        public static Cut Of(ModelClass c, bool sigmoidLogits)
        {
            return new Cut(c.Index, c.Threshold is null, Score(c.Threshold ?? 0.5), Score(ClassDecision.Sure), Score(ClassDecision.Possible));

            float Score(double probability)
            {
                if (c.Calibration is not { } fit) return (float)(sigmoidLogits ? LogOdds.Of(probability) : probability);
                double logit = fit.Logit(probability);
                return (float)(sigmoidLogits ? logit : LogOdds.ToProbability(logit));
            }
        }
    }
}
