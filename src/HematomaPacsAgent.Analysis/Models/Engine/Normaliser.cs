using System.Numerics.Tensors;

namespace HematomaPacsAgent.Analysis.Models.Engine;

/// <summary>Hounsfield units to the values a network takes, for one channel.</summary>
/// <param name="Low">Lowest value kept.</param>
/// <param name="High">Highest value kept.</param>
/// <param name="Origin">What becomes 0 before the shift.</param>
/// <param name="Scale">Network units in one HU.</param>
/// <param name="Shift">Added last.</param>
internal readonly record struct Normaliser(float Low, float High, float Origin, float Scale, float Shift)
{
    private const double SmallestSd = 1e-8;

    public static Normaliser For(ModelNormalization normalization, ModelChannel channel)
    {
        (double low, double high) = channel.WindowHu is [var level, var width]
            ? (level - width / 2, level + width / 2) : (normalization.ClipHu[0], normalization.ClipHu[1]);
        if (normalization.Scheme == NormalizationScheme.MeanSd)
            return new Normaliser((float)low, (float)high, (float)normalization.Mean, (float)(1 / Math.Max(normalization.Sd, SmallestSd)), 0);
        (double from, double to) = (normalization.OutRange[0], normalization.OutRange[1]);
        return new Normaliser((float)low, (float)high, (float)low, (float)((to - from) / (high - low)), (float)from);
    }

    /// <summary>In place.</summary>
    public void Apply(Span<float> values)
    {
        TensorPrimitives.Max(values, Low, values);
        TensorPrimitives.Min(values, High, values);
        TensorPrimitives.Subtract(values, Origin, values);
        TensorPrimitives.Multiply(values, Scale, values);
        TensorPrimitives.Add(values, Shift, values);
    }
}
