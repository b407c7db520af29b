using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Double;

namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>
/// The ellipsoid of smallest volume around points (MVEE): weights u on the points solve max det(sum u q q'), q = (x, y, z, 1), by Khachiyan's
/// ascent (1996) with the away steps of Todd and Yildirim (2007), which take weight off points inside and so converge linearly. The ellipsoid
/// is (x - c)' S^-1 (x - c) &lt;= 3 with c and S mean and covariance under u, blown up until it holds every point: its volume is never too
/// small, and too large by less than the tolerance says.
/// </summary>
internal static class EnclosingEllipsoid
{
    /// <summary>Ends when every q' M^-1 q is at most 4 (1 + tolerance), and at least 4 (1 - tolerance) where there is weight.</summary>
    public const double Tolerance = 1e-9;

    private const int MostSteps = 200_000;

    /// <returns>Principal axes: a semi-axis of the ellipsoid is 2 sqrt(value), as of the one that approximates a region (AEE).</returns>
    /// <exception cref="RadiomicsException">The points lie in one plane, or the ascent does not end.</exception>
    public static PrincipalAxes Around(IReadOnlyList<(double X, double Y, double Z)> points, CancellationToken cancellation)
    {
        int n = points.Count;
        Frame frame = Frame.Of(points);
        (double X, double Y, double Z)[] at = [.. points.Select(frame.Into)];
        double[] weights = [.. Enumerable.Repeat(1.0 / n, n)];
        for (int step = 0; step < MostSteps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            Moments moments = Moments.Of(at, weights);
            (int far, int near) = (-1, -1);
            double most = double.NegativeInfinity, least = double.PositiveInfinity;
            for (int i = 0; i < n; i++)
            {
                double square = moments.SquareDistance(at[i]);
                if (square > most) (most, far) = (square, i);
                if (weights[i] > 0 && square < least) (least, near) = (square, i);
            }

            if (!double.IsFinite(most)) throw Flat();
            // The squares have the mean 3 under the weights; with the 1 of the fourth coordinate both bounds are as in the papers.
            double above = (most + 1) / 4 - 1, below = 1 - (least + 1) / 4;
            if (above <= Tolerance && below <= Tolerance) return frame.OutOf(moments, most);
            if (above >= below)
            {
                double gain = (most - 3) / (4 * most);
                for (int i = 0; i < n; i++) weights[i] *= 1 - gain;
                weights[far] += gain;
            }
            else
            {
                double whole = weights[near] / (1 - weights[near]), loss = least > 0 ? Math.Min((3 - least) / (4 * least), whole) : whole;
                for (int i = 0; i < n; i++) weights[i] *= 1 + loss;
                weights[near] = loss < whole ? Math.Max(0, weights[near] - loss) : 0;
            }
        }

        throw new RadiomicsException($"no smallest ellipsoid around {n} points after {MostSteps} steps: smooth or resample the mask");
    }

    /// <summary>
    /// Stretching space stretches the ellipsoid with it: along the points' own axes and scaled by their spread, a long thin region in any direction is
    /// as round as a ball, and the ascent as short.
    /// </summary>
    private sealed class Frame
    {
        private readonly (double X, double Y, double Z) centre;
        private readonly Matrix<double> axes;
        private readonly double[] spread;

        private Frame((double, double, double) centre, Matrix<double> axes, double[] spread) => (this.centre, this.axes, this.spread) = (centre, axes, spread);

        public static Frame Of(IReadOnlyList<(double X, double Y, double Z)> points)
        {
            double[] even = [.. Enumerable.Repeat(1.0 / points.Count, points.Count)];
            Moments moments = Moments.Of([.. points], even);
            var own = moments.Covariance.Evd(Symmetricity.Symmetric);
            double[] spread = [.. own.EigenValues.Select(value => Math.Sqrt(Math.Max(0, value.Real)))];
            if (!(spread.Min() > 1e-9 * spread.Max())) throw Flat();
            return new Frame((moments.X, moments.Y, moments.Z), own.EigenVectors, spread);
        }

        public (double X, double Y, double Z) Into((double X, double Y, double Z) point)
        {
            (double x, double y, double z) = (point.X - centre.X, point.Y - centre.Y, point.Z - centre.Z);
            return (Along(0), Along(1), Along(2));

            double Along(int axis) => (axes[0, axis] * x + axes[1, axis] * y + axes[2, axis] * z) / spread[axis];
        }

        /// <summary>The principal axes in space of the ellipsoid that reaches so far in the frame.</summary>
        public PrincipalAxes OutOf(Moments moments, double reach)
        {
            Matrix<double> stretch = axes * DenseMatrix.OfDiagonalArray(spread), covariance = stretch * moments.Covariance * stretch.Transpose();
            double[] squares = [.. covariance.Evd(Symmetricity.Symmetric).EigenValues.Select(value => value.Real * reach / 4).Order()];
            return new PrincipalAxes(squares[2], squares[1], squares[0]);
        }
    }

    private static RadiomicsException Flat() => new("the points lie in one plane: no ellipsoid with a volume is smallest around them");

    /// <summary>Mean and inverse covariance of weighted points.</summary>
    private readonly record struct Moments(double X, double Y, double Z, double Xx, double Yy, double Zz, double Xy, double Xz, double Yz,
        (double Xx, double Yy, double Zz, double Xy, double Xz, double Yz) Inverse)
    {
        public static Moments Of((double X, double Y, double Z)[] points, double[] weights)
        {
            double x = 0, y = 0, z = 0, xx = 0, yy = 0, zz = 0, xy = 0, xz = 0, yz = 0;
            for (int i = 0; i < points.Length; i++)
            {
                double u = weights[i];
                if (u == 0) continue;
                (x, y, z) = (x + u * points[i].X, y + u * points[i].Y, z + u * points[i].Z);
            }

            for (int i = 0; i < points.Length; i++)
            {
                double u = weights[i];
                if (u == 0) continue;
                double dx = points[i].X - x, dy = points[i].Y - y, dz = points[i].Z - z;
                (xx, yy, zz) = (xx + u * dx * dx, yy + u * dy * dy, zz + u * dz * dz);
                (xy, xz, yz) = (xy + u * dx * dy, xz + u * dx * dz, yz + u * dy * dz);
            }

            double a = yy * zz - yz * yz, b = xz * yz - xy * zz, c = xy * yz - xz * yy, determinant = xx * a + xy * b + xz * c;
            return new Moments(x, y, z, xx, yy, zz, xy, xz, yz,
                (a / determinant, (xx * zz - xz * xz) / determinant, (xx * yy - xy * xy) / determinant, b / determinant, c / determinant,
                    (xy * xz - xx * yz) / determinant));
        }

        /// <summary>(p - c)' S^-1 (p - c): q' M^-1 q less 1.</summary>
        public double SquareDistance((double X, double Y, double Z) p)
        {
            double dx = p.X - X, dy = p.Y - Y, dz = p.Z - Z;
            return Inverse.Xx * dx * dx + Inverse.Yy * dy * dy + Inverse.Zz * dz * dz
                + 2 * (Inverse.Xy * dx * dy + Inverse.Xz * dx * dz + Inverse.Yz * dy * dz);
        }

        public Matrix<double> Covariance => DenseMatrix.OfArray(new[,] { { Xx, Xy, Xz }, { Xy, Yy, Yz }, { Xz, Yz, Zz } });
    }
}
