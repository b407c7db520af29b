using HematomaPacsAgent.Analysis.Radiomics;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics.IbsiFilters;

/// <summary>Resampling for these tests alone, kept simple: onto a grid with the same centre, by tricubic B-spline or trilinear interpolation.</summary>
internal static class TestResampling
{
    public static ScalarImage Cubic(ScalarImage image, double spacingMm) => Resample(image, spacingMm, cubic: true);

    public static ScalarImage Linear(ScalarImage image, double spacingMm) => Resample(image, spacingMm, cubic: false);

    private static ScalarImage Resample(ScalarImage image, double spacingMm, bool cubic)
    {
        ImageGrid grid = image.Grid;
        int[] from = [grid.SizeX, grid.SizeY, grid.SizeZ];
        double[] spacing = [grid.SpacingXMm, grid.SpacingYMm, grid.SpacingZMm], voxels = image.Voxels;
        int[] to = [.. from.Select((size, axis) => (int)Math.Ceiling(size * spacing[axis] / spacingMm))], now = [.. from];
        for (int axis = 0; axis < 3; axis++)
        {
            int stride = axis == 0 ? 1 : axis == 1 ? now[0] : now[0] * now[1], lines = now[0] * now[1] * now[2] / now[axis];
            var next = new double[lines * to[axis]];
            var line = new double[from[axis]];
            double ratio = spacingMm / spacing[axis];
            for (int i = 0; i < lines; i++)
            {
                int below = i % stride, above = i / stride;
                for (int k = 0; k < line.Length; k++) line[k] = voxels[(above * from[axis] + k) * stride + below];
                if (cubic) Prefilter(line);
                for (int k = 0; k < to[axis]; k++)
                {
                    double x = (k - (to[axis] - 1) / 2.0) * ratio + (from[axis] - 1) / 2.0;
                    next[(above * to[axis] + k) * stride + below] = cubic ? Spline(line, x) : Hat(line, x);
                }
            }

            (voxels, now[axis]) = (next, to[axis]);
        }

        return new ScalarImage(new ImageGrid(to[0], to[1], to[2], spacingMm, spacingMm, spacingMm), voxels);
    }

    /// <summary>Turns samples into coefficients of the cubic B-spline through them, mirrored about the edge voxels' centres (Unser 1999).</summary>
    private static void Prefilter(double[] line)
    {
        int n = line.Length;
        if (n == 1) return;
        double pole = Math.Sqrt(3) - 2, sum = 0, power = 1;
        for (int k = 0; k < 2 * n - 2; k++, power *= pole) sum += power * line[k < n ? k : 2 * n - 2 - k];
        line[0] = 6 * sum / (1 - power);
        for (int k = 1; k < n; k++) line[k] = 6 * line[k] + pole * line[k - 1];
        line[n - 1] = pole / (pole * pole - 1) * (line[n - 1] + pole * line[n - 2]);
        for (int k = n - 2; k >= 0; k--) line[k] = pole * (line[k + 1] - line[k]);
    }

    private static double Spline(double[] line, double x)
    {
        int floor = (int)Math.Floor(x);
        double sum = 0;
        for (int k = floor - 1; k <= floor + 2; k++)
        {
            double d = Math.Abs(x - k), weight = d < 1 ? 2.0 / 3 - d * d + d * d * d / 2 : d < 2 ? Math.Pow(2 - d, 3) / 6 : 0;
            int at = Math.Abs(k);
            sum += weight * line[at < line.Length ? at : 2 * line.Length - 2 - at];
        }

        return sum;
    }

    private static double Hat(double[] line, double x)
    {
        x = Math.Clamp(x, 0, line.Length - 1);
        int floor = Math.Min((int)x, Math.Max(0, line.Length - 2));
        return line.Length == 1 ? line[0] : line[floor] + (x - floor) * (line[floor + 1] - line[floor]);
    }
}
