namespace HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

/// <summary>Voxel indices of one grid in terms of another's: the same place in the patient.</summary>
internal sealed class IndexMap
{
    private readonly double[] matrix;
    private readonly double[] offset;

    private IndexMap(double[] matrix, double[] offset) => (this.matrix, this.offset) = (matrix, offset);

    /// <exception cref="RadiomicsException">The target's axes lie in one plane.</exception>
    public static IndexMap Between(ImageGrid from, ImageGrid to)
    {
        (double[] a, double[] b) = (Steps(from), Steps(to));
        double[] cofactors =
        [
            b[4] * b[8] - b[5] * b[7], b[2] * b[7] - b[1] * b[8], b[1] * b[5] - b[2] * b[4],
            b[5] * b[6] - b[3] * b[8], b[0] * b[8] - b[2] * b[6], b[2] * b[3] - b[0] * b[5],
            b[3] * b[7] - b[4] * b[6], b[1] * b[6] - b[0] * b[7], b[0] * b[4] - b[1] * b[3],
        ];
        double determinant = b[0] * cofactors[0] + b[1] * cofactors[3] + b[2] * cofactors[6];
        if (!(Math.Abs(determinant) > 1e-6 * to.SpacingXMm * to.SpacingYMm * to.SpacingZMm))
            throw new RadiomicsException($"the direction [{string.Join(", ", to.Direction)}] of a grid does not span space");
        double[] way = [from.OriginMm.X - to.OriginMm.X, from.OriginMm.Y - to.OriginMm.Y, from.OriginMm.Z - to.OriginMm.Z];
        (double[] matrix, double[] offset) = (new double[9], new double[3]);
        for (int row = 0; row < 3; row++)
            for (int k = 0; k < 3; k++)
            {
                double inverse = cofactors[3 * row + k] / determinant;
                offset[row] += inverse * way[k];
                for (int column = 0; column < 3; column++) matrix[3 * row + column] += inverse * a[3 * k + column];
            }

        return new IndexMap(matrix, offset);
    }

    public (double I, double J, double K) At(double x, double y, double z) =>
        (offset[0] + matrix[0] * x + matrix[1] * y + matrix[2] * z, offset[1] + matrix[3] * x + matrix[4] * y + matrix[5] * z,
            offset[2] + matrix[6] * x + matrix[7] * y + matrix[8] * z);

    private static double[] Steps(ImageGrid grid)
    {
        double[] spacing = [grid.SpacingXMm, grid.SpacingYMm, grid.SpacingZMm];
        return [.. grid.Direction.Select((entry, i) => entry * spacing[i % 3])];
    }
}
