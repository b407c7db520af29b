namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>One region of one (filtered) image, with what several feature classes need of it computed once, when first asked for.</summary>
internal sealed class MeasuredRegion
{
    private const long MostDependenceBytes = 256L << 20;

    private readonly Lazy<DiscretisedRoi> levels;
    private readonly Lazy<NeighbourCounts> neighbours;
    private readonly Lazy<IReadOnlyList<NeighbourCounts>> volume;
    private readonly Lazy<IReadOnlyList<NeighbourCounts>> slices;
    private readonly List<string> remarks = [];

    /// <param name="roi">The region.</param>
    /// <param name="settings">Of this image type.</param>
    /// <param name="ibsi">The profile's own settings; null for PyRadiomics.</param>
    /// <param name="surroundings">The image around the region and the region's box in it, where it is at hand (local intensity).</param>
    /// <param name="cancellation">Ends the work.</param>
    public MeasuredRegion(RoiImage roi, RadiomicsSettings settings, IbsiSettings? ibsi, (ScalarImage Image, Box Box)? surroundings,
        CancellationToken cancellation)
    {
        (Roi, Settings, Ibsi, Surroundings, Cancellation) = (roi, settings, ibsi, surroundings, cancellation);
        Profile = ibsi is null ? RadiomicsProfile.PyRadiomics : RadiomicsProfile.Ibsi;
        levels = new(() => Discretisation.Apply(roi, settings, Profile, ibsi?.BinOrigin ?? settings.ResegmentRange?[0]), isThreadSafe: false);
        neighbours = new(() => Count(Levels, .., Offset.Half(settings.Distances, settings.Plane), parts: 1), isThreadSafe: false);
        volume = new(() => CountParts(slices: false), isThreadSafe: false);
        slices = new(() => CountParts(slices: true), isThreadSafe: false);
    }

    public RoiImage Roi { get; }

    public RadiomicsSettings Settings { get; }

    public IbsiSettings? Ibsi { get; }

    public RadiomicsProfile Profile { get; }

    public (ScalarImage Image, Box Box)? Surroundings { get; }

    public CancellationToken Cancellation { get; }

    /// <summary>The region in grey levels.</summary>
    public DiscretisedRoi Levels => levels.Value;

    /// <summary>PyRadiomics: neighbours at all distances, in the volume or (force2D) in planes.</summary>
    public NeighbourCounts Neighbours => neighbours.Value;

    /// <summary>What a reader should know beside the values.</summary>
    public IReadOnlyList<string> Remarks => remarks;

    /// <summary>Whether the region has been put into grey levels, and so has textures.</summary>
    public bool HasLevels => levels.IsValueCreated;

    public void Remark(string remark) => remarks.Add(remark);

    /// <summary>IBSI: neighbours for each slice, or for the volume.</summary>
    public IReadOnlyList<NeighbourCounts> NeighboursFor(Aggregation aggregation) => aggregation.InSlices() ? slices.Value : volume.Value;

    private List<NeighbourCounts> CountParts(bool slices)
    {
        Offset[] offsets = Offset.Half(Settings.Distances, slices ? Plane.Axial : Plane.Volume);
        Range[] parts = Levels.Parts(slices);
        return [.. parts.Select(part => Count(Levels, part, offsets, parts.Length))];
    }

    private NeighbourCounts Count(DiscretisedRoi roi, Range part, Offset[] offsets, int parts)
    {
        if (NeighbourCounts.DependenceBytes(roi, offsets.Length) * parts is > MostDependenceBytes and long needed)
            throw new RadiomicsException($"{roi.Levels.Length} grey levels with {2 * offsets.Length} neighbours a voxel need {needed >> 20} MiB to count, " +
                $"more than {MostDependenceBytes >> 20}: use a wider bin or fewer distances");
        return NeighbourCounts.Of(roi, part, offsets, Settings.GldmA, countPairs: Glcm.Fits(roi, offsets.Length, parts), Cancellation);
    }
}
