namespace HematomaPacsAgent.Analysis.Signs;

/// <summary>Distances and openings within one slice, in millimetres.</summary>
internal static class InPlane
{
    /// <summary>From each pixel's middle to that of the nearest pixel set, squared mm; infinite where none is (Felzenszwalb and Huttenlocher 2012).</summary>
    public static float[] SquaredDistance(ReadOnlySpan<bool> set, int columns, double columnMm, double rowMm)
    {
        int rows = set.Length / columns, longest = Math.Max(rows, columns);
        float[] result = new float[set.Length], line = new float[longest], found = new float[longest], bounds = new float[longest + 1];
        int[] hull = new int[longest];
        for (int i = 0; i < result.Length; i++) result[i] = set[i] ? 0 : float.PositiveInfinity;
        for (int x = 0; x < columns; x++) Pass(x, columns, rows, (float)rowMm);
        for (int y = 0; y < rows; y++) Pass(y * columns, 1, columns, (float)columnMm);
        return result;

        void Pass(int first, int step, int count, float mm)
        {
            int top = -1;
            for (int i = 0; i < count; i++)
            {
                line[i] = result[first + i * step];
                if (float.IsPositiveInfinity(line[i])) continue;
                float from = float.NegativeInfinity;
                while (top >= 0 && (from = Meet(hull[top], i, mm)) <= bounds[top]) top--;
                hull[++top] = i;
                bounds[top] = top == 0 ? float.NegativeInfinity : from;
            }

            if (top < 0) return;
            bounds[top + 1] = float.PositiveInfinity;
            for (int i = 0, k = 0; i < count; i++)
            {
                while (bounds[k + 1] < i) k++;
                float d = (i - hull[k]) * mm;
                found[i] = line[hull[k]] + d * d;
            }

            for (int i = 0; i < count; i++) result[first + i * step] = found[i];
        }

        float Meet(int a, int b, float mm) => ((line[b] - line[a]) / (mm * mm) + (float)b * b - (float)a * a) / (2f * (b - a));
    }

    /// <summary>Pixels set that lie deeper than <paramref name="radiusMm"/> from the nearest pixel that is not.</summary>
    public static bool[] Eroded(ReadOnlySpan<bool> set, int columns, double columnMm, double rowMm, double radiusMm)
    {
        bool[] rest = new bool[set.Length];
        for (int i = 0; i < rest.Length; i++) rest[i] = !set[i];
        float limit = (float)(radiusMm * radiusMm);
        return Array.ConvertAll(SquaredDistance(rest, columns, columnMm, rowMm), d => d > limit);
    }

    /// <summary>Pixels within <paramref name="radiusMm"/> of one that is set.</summary>
    public static bool[] Dilated(ReadOnlySpan<bool> set, int columns, double columnMm, double rowMm, double radiusMm)
    {
        float limit = (float)(radiusMm * radiusMm);
        return Array.ConvertAll(SquaredDistance(set, columns, columnMm, rowMm), d => d <= limit);
    }
}
