using System.Numerics.Tensors;

namespace HematomaPacsAgent.Analysis.Models.Engine;

/// <summary>Logits to probabilities.</summary>
internal static class Activations
{
    private const int Chunk = 16 * 1024;

    /// <summary>In place, all channels of a field.</summary>
    public static void Apply(Activation activation, float[][] field)
    {
        Parallel.For(0, (field[0].Length + Chunk - 1) / Chunk, chunk =>
        {
            int from = chunk * Chunk, count = Math.Min(Chunk, field[0].Length - from);
            if (activation == Activation.Sigmoid)
            {
                foreach (float[] channel in field) TensorPrimitives.Sigmoid(channel.AsSpan(from, count), channel.AsSpan(from, count));
                return;
            }

            float[] most = new float[count], sum = new float[count];
            field[0].AsSpan(from, count).CopyTo(most);
            foreach (float[] channel in field) TensorPrimitives.Max(most, channel.AsSpan(from, count), most);
            foreach (float[] channel in field)
            {
                Span<float> values = channel.AsSpan(from, count);
                TensorPrimitives.Subtract(values, most, values);
                TensorPrimitives.Exp(values, values);
                TensorPrimitives.Add(sum, values, sum);
            }

            foreach (float[] channel in field) TensorPrimitives.Divide(channel.AsSpan(from, count), sum, channel.AsSpan(from, count));
        });
    }

    /// <summary>One voxel's channels, in place.</summary>
    public static void Softmax(Span<float> values)
    {
        float most = TensorPrimitives.Max(values), sum = 0;
        for (int c = 0; c < values.Length; c++) sum += values[c] = MathF.Exp(values[c] - most);
        for (int c = 0; c < values.Length; c++) values[c] /= sum;
    }
}
