using MathNet.Numerics.LinearAlgebra;

namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>Shape of a region. IBSI family HCUG; lengths in mm.</summary>
internal static class Shape
{
    /// <summary>Adds the 14 features of PyRadiomics, in its names.</summary>
    public static void AddTo(Dictionary<string, double> values, RoiImage roi, RadiomicsSettings settings)
    {
        (double volume, double area, HashSet<(int X, int Y, int Z)> vertices) = SurfaceMesh.Of(roi);
        double[] axes = PrincipalVariances(roi, settings.Profile == RadiomicsProfile.Ibsi ? 1 : 0);
        (double X, double Y, double Z) half = (roi.SpacingMm.X / 2, roi.SpacingMm.Y / 2, roi.SpacingMm.Z / 2);

        Add("Elongation", axes[0] > 0 ? Math.Sqrt(axes[1] / axes[0]) : double.NaN); // Q3CK
        Add("Flatness", axes[0] > 0 ? Math.Sqrt(axes[2] / axes[0]) : double.NaN); // N17B
        Add("LeastAxisLength", 4 * Math.Sqrt(axes[2])); // 7J51
        Add("MajorAxisLength", 4 * Math.Sqrt(axes[0])); // TDIC
        Add("Maximum2DDiameterColumn", WithinPlanes(vertices, half, vertex => vertex.Y));
        Add("Maximum2DDiameterRow", WithinPlanes(vertices, half, vertex => vertex.X));
        Add("Maximum2DDiameterSlice", WithinPlanes(vertices, half, vertex => vertex.Z));
        Add("Maximum3DDiameter", Diameter(Outermost(vertices), half)); // L0JK
        Add("MeshVolume", volume); // RNU0, mm³
        Add("MinorAxisLength", 4 * Math.Sqrt(axes[1])); // P9VJ
        Add("Sphericity", Math.Cbrt(36 * Math.PI * volume * volume) / area); // QCFX
        Add("SurfaceArea", area); // C0JK, mm²
        Add("SurfaceVolumeRatio", area / volume); // 2PR5, 1/mm
        Add("VoxelVolume", roi.VoxelCount * roi.VoxelMm3); // YEKZ, mm³

        void Add(string name, double value) => values["original_shape_" + name] = value;
    }

    /// <summary>Variances of the voxel positions along the principal axes, largest first; PyRadiomics divides by N, IBSI by N - 1.</summary>
    private static double[] PrincipalVariances(RoiImage roi, int lost)
    {
        int n = roi.VoxelCount;
        if (n <= lost) return [0, 0, 0];
        double[] mean = new double[3];
        Matrix<double> covariance = Matrix<double>.Build.Dense(3, 3);
        List<double[]> places = new(n);
        for (int i = 0; i < roi.Mask.Length; i++)
        {
            if (!roi.Mask[i]) continue;
            double[] place = [i % roi.Size.X * roi.SpacingMm.X, i / roi.Size.X % roi.Size.Y * roi.SpacingMm.Y, i / (roi.Size.X * roi.Size.Y) * roi.SpacingMm.Z];
            places.Add(place);
            for (int k = 0; k < 3; k++) mean[k] += place[k] / n;
        }

        foreach (double[] place in places)
            for (int a = 0; a < 3; a++)
                for (int b = a; b < 3; b++) covariance[a, b] += (place[a] - mean[a]) * (place[b] - mean[b]) / (n - lost);
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < a; b++) covariance[a, b] = covariance[b, a];
        return [.. covariance.Evd(Symmetricity.Symmetric).EigenValues.Select(value => Math.Max(0, value.Real)).OrderDescending()];
    }

    private static double WithinPlanes(HashSet<(int X, int Y, int Z)> vertices, (double X, double Y, double Z) half, Func<(int X, int Y, int Z), int> plane) =>
        vertices.GroupBy(plane).Select(group => Diameter([.. Outermost(group)], half)).DefaultIfEmpty(0).Max();

    /// <summary>Only a vertex that is first or last on each of its three grid lines can be an end of the diameter: the others lie between two of its kind.</summary>
    private static (int X, int Y, int Z)[] Outermost(IEnumerable<(int X, int Y, int Z)> vertices)
    {
        (int X, int Y, int Z)[] left = [.. vertices];
        left = [.. left.GroupBy(v => (v.Y, v.Z)).SelectMany(line => Ends(line, v => v.X))];
        left = [.. left.GroupBy(v => (v.X, v.Z)).SelectMany(line => Ends(line, v => v.Y))];
        return [.. left.GroupBy(v => (v.X, v.Y)).SelectMany(line => Ends(line, v => v.Z))];

        static IEnumerable<(int X, int Y, int Z)> Ends(IEnumerable<(int X, int Y, int Z)> line, Func<(int X, int Y, int Z), int> along) =>
            ((int X, int Y, int Z)[])[line.MinBy(along), line.MaxBy(along)];
    }

    private static double Diameter((int X, int Y, int Z)[] vertices, (double X, double Y, double Z) half)
    {
        double longest = 0;
        for (int i = 0; i < vertices.Length; i++)
            for (int k = i + 1; k < vertices.Length; k++)
            {
                double x = (vertices[i].X - vertices[k].X) * half.X, y = (vertices[i].Y - vertices[k].Y) * half.Y, z = (vertices[i].Z - vertices[k].Z) * half.Z;
                longest = Math.Max(longest, x * x + y * y + z * z);
            }

        return Math.Sqrt(longest);
    }
}
