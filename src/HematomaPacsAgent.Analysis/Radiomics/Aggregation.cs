namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>How matrices of slices and directions become one feature value (IBSI manual, texture features, "aggregating features").</summary>
public enum Aggregation
{
    /// <summary>2D_avg, BTW3: one matrix a slice and direction, features averaged.</summary>
    SliceAverage,

    /// <summary>2D_comb, SUJT: directions of a slice in one matrix, features averaged over slices.</summary>
    SliceMerged,

    /// <summary>2_5D_avg, JJUI: slices of a direction in one matrix, features averaged over directions. PyRadiomics' force2D.</summary>
    DirectionMerged,

    /// <summary>2_5D_comb, ZW7Z: slices and in-plane directions in one matrix.</summary>
    PlaneMerged,

    /// <summary>3D_avg, ITBB: one matrix a direction, features averaged. PyRadiomics' default.</summary>
    VolumeAverage,

    /// <summary>3D_comb, IAZD: all directions in one matrix.</summary>
    VolumeMerged,
}

/// <summary>Names of the aggregations, and their arithmetic.</summary>
internal static class Aggregations
{
    public static readonly IReadOnlyList<(string Name, Aggregation Aggregation)> Names =
    [
        ("2D_avg", Aggregation.SliceAverage), ("2D_comb", Aggregation.SliceMerged), ("2_5D_avg", Aggregation.DirectionMerged),
        ("2_5D_comb", Aggregation.PlaneMerged), ("3D_avg", Aggregation.VolumeAverage), ("3D_comb", Aggregation.VolumeMerged),
    ];

    public static string Name(this Aggregation aggregation) => Names[(int)aggregation].Name;

    /// <summary>The name for matrices without directions: 2D (8QNN), 2_5D (62GR), 3D (KOBO).</summary>
    public static string Dimension(this Aggregation aggregation) => aggregation.Name()[..aggregation.Name().LastIndexOf('_')];

    /// <summary>Whether neighbours are looked for in slices only.</summary>
    public static bool InSlices(this Aggregation aggregation) => aggregation < Aggregation.VolumeAverage;

    /// <summary>The matrices that features are read off, to be averaged.</summary>
    /// <param name="aggregation">What is merged.</param>
    /// <param name="matrices">One list a part (slice, or the whole volume), in it one matrix a direction.</param>
    /// <param name="merge">Adds matrices up.</param>
    public static IReadOnlyList<T> Merge<T>(this Aggregation aggregation, IReadOnlyList<IReadOnlyList<T>> matrices, Func<IReadOnlyList<T>, T> merge) =>
        aggregation switch
        {
            Aggregation.SliceAverage or Aggregation.VolumeAverage => [.. matrices.SelectMany(part => part)],
            Aggregation.SliceMerged => [.. matrices.Select(merge)],
            Aggregation.DirectionMerged => [.. Enumerable.Range(0, matrices[0].Count).Select(d => merge([.. matrices.Select(part => part[d])]))],
            _ => [merge([.. matrices.SelectMany(part => part)])],
        };
}
