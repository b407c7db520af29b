using HematomaPacsAgent.Analysis.Models.Engine;

namespace HematomaPacsAgent.Analysis.Models;

/// <summary>The probability of one class on the source grid, before any postprocessing; what <see cref="ClassDecision"/> held against the threshold.</summary>
public sealed class VoxelProbability
{
    private readonly EnsembleField field;
    private readonly ModelOutput output;
    private readonly ModelClass own;
    private readonly GridReturn back;

    internal VoxelProbability(EnsembleField field, ModelOutput output, ModelClass own, GridReturn back) =>
        (this.field, this.output, this.own, this.back) = (field, output, own, back);

    /// <summary>One slice of the source, row by row: 0 to 1, calibrated where the package says how; NaN where the network did not look.</summary>
    public float[] Slice(int slice)
    {
        float[] values = LogOddsOf(slice);
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)(own.Calibration?.Probability(values[i]) ?? LogOdds.ToProbability(values[i]));
        return values;
    }

    /// <summary>The network's own answer, before calibration, as log-odds; NaN where it did not look.</summary>
    internal float[] LogOddsOf(int slice)
    {
        float[] values = back.SliceOf(field.Channels[own.Index], slice);
        if (!field.AreLogits)
        {
            for (int i = 0; i < values.Length; i++) values[i] = (float)LogOdds.OfMeasured(values[i]);
            return values;
        }

        if (output.Activation == Activation.Sigmoid) return values;
        float[][] others = [.. field.Channels.Where((_, c) => c != own.Index).Select(channel => back.SliceOf(channel, slice))];
        for (int i = 0; i < values.Length; i++)
        {
            double odds = 0; // of everything else against the class
            foreach (float[] other in others) odds += Math.Exp(other[i] - values[i]);
            values[i] = (float)LogOdds.OfMeasured(1 / (1 + odds));
        }

        return values;
    }

    /// <summary>The mean over a region, by volume; null where the network looked at none of it.</summary>
    public double? MeanIn(Region region)
    {
        VolumeGeometry g = back.Plan.Source;
        double sum = 0, ml = 0, voxelMl = 0;
        int slice = -1;
        float[] values = [];
        foreach (int voxel in region.Voxels) // ascending: each slice is made once
        {
            if (voxel / g.PixelsPerSlice != slice)
            {
                slice = voxel / g.PixelsPerSlice;
                (values, voxelMl) = (Slice(slice), g.VoxelMl(slice));
            }

            float value = values[voxel % g.PixelsPerSlice];
            if (!float.IsNaN(value)) (sum, ml) = (sum + value * voxelMl, ml + voxelMl);
        }

        return ml > 0 ? sum / ml : null;
    }
}
