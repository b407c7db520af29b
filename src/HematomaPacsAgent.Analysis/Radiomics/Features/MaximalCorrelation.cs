using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Double;

namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>
/// PyRadiomics' MCC: sqrt of the second largest eigenvalue of Q(i, j) = sum_k(p(i,k) p(j,k) / (p_x(i) p_y(k))). Q is similar to S S^T with
/// S(i, j) = p(i, j) / sqrt(p_x(i) p_y(j)), so its eigenvalues are S's squared singular values: real, and exact to rounding where those of Q itself
/// are not. PyRadiomics adds epsilon to p_x(i) p_y(j) in Q; here it has the same effect to first order.
/// </summary>
internal static class MaximalCorrelation
{
    /// <summary>Up to here a full decomposition is quickest; it grows with the third power of the levels.</summary>
    private const int FewLevels = 32;

    /// <summary>A Ritz value's error is at most its residual, and where values lie close together not much less.</summary>
    private const double Residual = 1e-12;

    /// <returns>0 to 1; 1 for a single level.</returns>
    public static double Of(double[,] p, ReadOnlySpan<double> px, ReadOnlySpan<double> py, CancellationToken cancellation)
    {
        int n = px.Length;
        if (n < 2) return 1;
        double epsilon = Entropies.Epsilon(RadiomicsProfile.PyRadiomics);
        var scaled = new double[n * n];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                if (p[i, j] > 0) scaled[i * n + j] = p[i, j] / Math.Sqrt(px[i] * py[j] + epsilon);
        if (n <= FewLevels) return new DenseMatrix(n, n, scaled).Svd(computeVectors: false).S[1];
        var first = new double[n];
        for (int j = 0; j < n; j++) first[j] = Math.Sqrt(py[j]);
        return Math.Sqrt(SecondLargest(first, scaled, n, cancellation));
    }

    /// <summary>
    /// The second largest eigenvalue of S^T S. The first eigenvector is known but for epsilon, sqrt(p_y) with eigenvalue 1; beside it Lanczos' method
    /// with full reorthogonalisation (Golub and Van Loan, Matrix Computations, 10.1) finds the largest of the rest.
    /// </summary>
    private static double SecondLargest(double[] first, double[] s, int n, CancellationToken cancellation)
    {
        double[] ofFirst = Product(s, first, n);
        List<double[]> basis = [first];
        // What S^T S becomes in the basis: tridiagonal, but for what epsilon lets through from the first vector to all others.
        List<double> diagonal = [Dot(ofFirst, first)], beside = [0], fromFirst = [0];
        var next = new double[n];
        // Any start will do that no symmetry of the levels makes orthogonal to the answer.
        for (int i = 0; i < n; i++) next[i] = Math.Sin(1 + 1.7 * i + 0.3 * i * i);
        while (basis.Count < n)
        {
            cancellation.ThrowIfCancellationRequested();
            double length = MakeOrthogonal(next, basis);
            // Nothing is left beside the space so far: its values are exact.
            if (length < 1e-14) break;
            if (basis.Count > 1) beside.Add(length);
            double[] vector = Array.ConvertAll(next, x => x / length);
            basis.Add(vector);
            next = Product(s, vector, n);
            diagonal.Add(Dot(next, vector));
            fromFirst.Add(Dot(ofFirst, vector));
            if (basis.Count % 8 == 0 && IsSettled(MakeOrthogonal([.. next], basis), out double found)) return found;
        }

        IsSettled(0, out double value);
        return value;

        bool IsSettled(double remainder, out double value)
        {
            int k = diagonal.Count;
            Matrix<double> small = DenseMatrix.Create(k, k, (i, j) => i == j ? diagonal[i]
                : i == 0 || j == 0 ? fromFirst[Math.Max(i, j)]
                : Math.Abs(i - j) == 1 ? beside[Math.Min(i, j)]
                : 0);
            var decomposition = small.Evd(Symmetricity.Symmetric);
            // MathNet has them in ascending order.
            value = k < 2 ? 0 : Math.Max(0, decomposition.EigenValues[k - 2].Real);
            return k >= 2 && Math.Abs(remainder * decomposition.EigenVectors[k - 1, k - 2]) <= Residual * value;
        }
    }

    /// <summary>Takes the basis out of a vector, twice for rounding's sake.</summary>
    /// <returns>The length of what is left.</returns>
    private static double MakeOrthogonal(double[] vector, List<double[]> basis)
    {
        for (int pass = 0; pass < 2; pass++)
            foreach (double[] one in basis)
            {
                double part = Dot(vector, one);
                for (int i = 0; i < vector.Length; i++) vector[i] -= part * one[i];
            }

        return Math.Sqrt(Dot(vector, vector));
    }

    /// <summary>S^T S v.</summary>
    private static double[] Product(double[] s, double[] v, int n)
    {
        var result = new double[n];
        for (int i = 0; i < n; i++)
        {
            ReadOnlySpan<double> row = s.AsSpan(i * n, n);
            double sum = Dot(row, v);
            if (sum != 0)
                for (int j = 0; j < n; j++) result[j] += sum * row[j];
        }

        return result;
    }

    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }
}
