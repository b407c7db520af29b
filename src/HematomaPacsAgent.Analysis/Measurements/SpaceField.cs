using System.Numerics;

namespace HematomaPacsAgent.Analysis.Measurements;

/// <summary>
/// How much of the surroundings of a place is inside the skull, 0 to 1: the intracranial space on coarse pixels, slices as acquired, its border
/// smeared over about a centimetre so that a mirror image slides into place.
/// </summary>
internal sealed class SpaceField
{
    public const double StepMm = 4;

    private readonly VolumeGeometry g;
    private readonly int columns, rows;
    private readonly float[][] slices;

    public SpaceField(Mask space)
    {
        g = space.Geometry;
        columns = (int)Math.Ceiling(g.Columns * g.ColumnSpacingMm / StepMm) + 1;
        rows = (int)Math.Ceiling(g.Rows * g.RowSpacingMm / StepMm) + 1;
        slices = new float[g.Slices][];
        int[] cellOfColumn = [.. Enumerable.Range(0, g.Columns).Select(column => (int)Math.Round(column * g.ColumnSpacingMm / StepMm))];
        Parallel.For(0, g.Slices, slice =>
        {
            int[] inside = new int[columns * rows], all = new int[columns * rows];
            ReadOnlySpan<bool> mask = space.Slice(slice);
            for (int row = 0; row < g.Rows; row++)
            {
                int line = (int)Math.Round(row * g.RowSpacingMm / StepMm) * columns;
                for (int column = 0; column < g.Columns; column++)
                {
                    int cell = line + cellOfColumn[column];
                    all[cell]++;
                    if (mask[row * g.Columns + column]) inside[cell]++;
                }
            }

            float[] share = [.. inside.Select((count, cell) => all[cell] == 0 ? 0 : (float)count / all[cell])];
            slices[slice] = Smeared(Smeared(share));
        });
    }

    /// <summary>Cells of a slice through which the border runs: where each is and its value.</summary>
    public IEnumerable<(Vector3 At, float Value)> Border(int slice)
    {
        float[] field = slices[slice];
        for (int cell = 0; cell < field.Length; cell++)
            if (field[cell] is > 0.03f and < 0.97f)
                yield return (g.ToPatient(cell % columns * StepMm / g.ColumnSpacingMm, cell / columns * StepMm / g.RowSpacingMm, slice), field[cell]);
    }

    /// <summary>Length of the border in a slice, mm: the field rises by 1 across it, so its slopes add up to its length.</summary>
    public double BorderMm(int slice)
    {
        float[] field = slices[slice];
        double sum = 0;
        for (int row = 1; row < rows - 1; row++)
            for (int column = 1; column < columns - 1; column++)
            {
                int at = row * columns + column;
                double x = field[at + 1] - field[at - 1], y = field[at + columns] - field[at - columns];
                sum += Math.Sqrt(x * x + y * y) / 2 * StepMm;
            }

        return sum;
    }

    /// <summary>The value at a place, linear between cells and slices; NaN below the first or above the last slice.</summary>
    public float At(Vector3 patient)
    {
        double position = Vector3.Dot(patient, g.Normal);
        IReadOnlyList<double> positions = g.SlicePositionsMm;
        int low = 0, high = g.Slices - 1;
        if (position < positions[0] || position > positions[high]) return float.NaN;
        while (high - low > 1)
        {
            int middle = (low + high) / 2;
            if (positions[middle] <= position) low = middle;
            else high = middle;
        }

        if (low == high) return In(low, patient);
        float part = (float)((position - positions[low]) / (positions[high] - positions[low]));
        return (1 - part) * In(low, patient) + part * In(high, patient);
    }

    private float In(int slice, Vector3 patient)
    {
        Vector3 from = patient - g.Origins[slice];
        float x = Vector3.Dot(from, g.RowDirection) / (float)StepMm, y = Vector3.Dot(from, g.ColumnDirection) / (float)StepMm;
        if (x < 0 || y < 0 || x >= columns - 1 || y >= rows - 1) return 0;
        int x0 = (int)x, y0 = (int)y, i = y0 * columns + x0;
        float fx = x - x0, fy = y - y0;
        float[] f = slices[slice];
        return (f[i] * (1 - fx) + f[i + 1] * fx) * (1 - fy) + (f[i + columns] * (1 - fx) + f[i + columns + 1] * fx) * fy;
    }

    private float[] Smeared(float[] field)
    {
        float[] result = new float[field.Length];
        for (int row = 1; row < rows - 1; row++)
            for (int column = 1; column < columns - 1; column++)
            {
                float sum = 0;
                for (int y = -1; y <= 1; y++)
                    for (int x = -1; x <= 1; x++) sum += field[(row + y) * columns + column + x];
                result[row * columns + column] = sum / 9;
            }

        return result;
    }
}
