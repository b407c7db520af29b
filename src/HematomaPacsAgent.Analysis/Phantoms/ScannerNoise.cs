namespace HematomaPacsAgent.Analysis.Phantoms;

/// <summary>What a scanner does to an ideal slice: its point spread, correlated noise, cupping.</summary>
internal static class ScannerNoise
{
    public static void Apply(PhantomSpecification s, VolumeGeometry geometry, int slice, Span<float> ideal, Span<short> hounsfield)
    {
        int columns = geometry.Columns, rows = geometry.Rows;
        PhantomRandom random = new(unchecked(s.Seed * 1009 + slice));
        float[] noise = new float[ideal.Length];
        for (int i = 0; i < noise.Length; i++) noise[i] = random.Normal();
        float[] image = Blurred(ideal, columns, rows), grain = Blurred(noise, columns, rows);
        // Larger pixels average more noise; the 3 x 3 blur leaves 3/8 of the deviation.
        float amplitude = s.NoiseHu * MathF.Min(1, 0.5f / (float)s.PixelSpacingMm) / 0.375f;
        float centreX = (columns - 1) / 2f, centreY = (rows - 1) / 2f, reach = 80 / (float)s.PixelSpacingMm;
        for (int i = 0; i < ideal.Length; i++)
        {
            float x = (i % columns - centreX) / reach, y = (i / columns - centreY) / reach;
            float cupping = image[i] > -200 ? s.CuppingHu * MathF.Max(0, 1 - x * x - y * y) : 0;
            hounsfield[i] = (short)Math.Clamp(MathF.Round(image[i] - cupping + amplitude * grain[i]), -1024, 3071);
        }
    }

    /// <summary>A 3 x 3 binomial blur; the border keeps its values.</summary>
    private static float[] Blurred(ReadOnlySpan<float> image, int columns, int rows)
    {
        float[] across = image.ToArray(), result = image.ToArray();
        for (int y = 0; y < rows; y++)
            for (int x = 1; x < columns - 1; x++)
            {
                int i = y * columns + x;
                across[i] = (image[i - 1] + 2 * image[i] + image[i + 1]) / 4;
            }

        for (int y = 1; y < rows - 1; y++)
            for (int x = 0; x < columns; x++)
            {
                int i = y * columns + x;
                result[i] = (across[i - columns] + 2 * across[i] + across[i + columns]) / 4;
            }

        return result;
    }
}
