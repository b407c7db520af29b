namespace HematomaPacsAgent.Analysis.Models;

/// <summary>
/// The inside of a skull that bone does not close in a slice: a craniotomy, a decompression, or a field of view that cuts the head. From the middle of the bone
/// the inner table is followed all around; where it is missing it is bridged from its ends.
/// </summary>
internal static class OpenSkull
{
    private const short Bone = 200;
    private const int Rays = 360;
    private const double StepMm = 0.5, TableGapMm = 3;

    // At least half of the way around must be skull; a ray that meets bone far inside met something else (a calcification, a coil).
    private const double LeastSkull = 0.5, LeastOfMedian = 0.55;

    // Closed slices enclose nearly all of what their inner table surrounds; at the base, where they do not, air, fat and bone lie within.
    private const double EnclosesEnough = 0.6, LeastBrain = 0.8;

    /// <summary>What the inner table surrounds, where that is brain and bone encloses far less of it; null where the slice is closed, or no slice through a skull.</summary>
    /// <param name="hounsfield">The slice.</param>
    /// <param name="columns">Its width.</param>
    /// <param name="columnMm">Distance of its columns.</param>
    /// <param name="rowMm">Distance of its rows.</param>
    /// <param name="enclosed">Pixels that bone encloses in it.</param>
    public static bool[]? Inside(ReadOnlySpan<short> hounsfield, int columns, double columnMm, double rowMm, int enclosed)
    {
        int rows = hounsfield.Length / columns;
        if (Middle(hounsfield, columns) is not { } middle) return null;
        if (InnerTable(hounsfield, columns, rows, columnMm, rowMm, middle) is not { } radii) return null;
        bool[] inside = new bool[hounsfield.Length];
        int pixels = 0, brain = 0;
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++)
            {
                int at = row * columns + column;
                if (hounsfield[at] >= Bone) continue;
                double x = (column - middle.Column) * columnMm, y = (row - middle.Row) * rowMm;
                double turn = (Math.Atan2(y, x) / (2 * Math.PI) + 1) % 1 * Rays;
                int ray = (int)turn % Rays;
                double radius = radii[ray] + (turn - Math.Floor(turn)) * (radii[(ray + 1) % Rays] - radii[ray]);
                if (x * x + y * y >= radius * radius) continue;
                inside[at] = true;
                pixels++;
                if (hounsfield[at] is > -30 and < 110) brain++;
            }

        return enclosed < EnclosesEnough * pixels && brain >= LeastBrain * pixels ? inside : null;
    }

    private static (double Column, double Row)? Middle(ReadOnlySpan<short> hounsfield, int columns)
    {
        double x = 0, y = 0, count = 0;
        for (int i = 0; i < hounsfield.Length; i++)
            if (hounsfield[i] >= Bone) (x, y, count) = (x + i % columns, y + i / columns, count + 1);
        return count > 0 ? (x / count, y / count) : null;
    }

    /// <summary>Distance of the inner table from the middle, mm, ray by ray; null where too little of it is there.</summary>
    private static double[]? InnerTable(ReadOnlySpan<short> hounsfield, int columns, int rows, double columnMm, double rowMm, (double Column, double Row) middle)
    {
        double[] radii = new double[Rays];
        for (int ray = 0; ray < Rays; ray++)
        {
            double angle = 2 * Math.PI * ray / Rays, stepX = Math.Cos(angle) * StepMm / columnMm, stepY = Math.Sin(angle) * StepMm / rowMm;
            int last = -1, inner = -1; // steps: the outermost bone, and the inner end of its run
            for (int step = 0; ; step++)
            {
                int column = (int)Math.Round(middle.Column + step * stepX), row = (int)Math.Round(middle.Row + step * stepY);
                if (column < 0 || row < 0 || column >= columns || row >= rows) break;
                if (hounsfield[row * columns + column] < Bone) continue;
                if (last < 0 || (step - last) * StepMm > TableGapMm) inner = step;
                last = step;
            }

            radii[ray] = inner * StepMm;
        }

        double[] met = [.. radii.Where(radius => radius > 0).Order()];
        if (met.Length < LeastSkull * Rays) return null;
        double least = LeastOfMedian * met[met.Length / 2];
        int[] table = [.. Enumerable.Range(0, Rays).Where(ray => radii[ray] >= least)];
        if (table.Length < LeastSkull * Rays) return null;
        for (int i = 0; i < table.Length; i++)
        {
            int from = table[i], to = table[(i + 1) % table.Length], gap = (to - from + Rays) % Rays;
            for (int k = 1; k < gap; k++) radii[(from + k) % Rays] = radii[from] + (radii[to] - radii[from]) * k / gap;
        }

        return radii;
    }
}
