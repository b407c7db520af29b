using System.Runtime.InteropServices;

namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>
/// How often a grey level i occurs with a size j: runs and their lengths, zones and their sizes or distances, voxels and their dependences.
/// Only pairs that occur are kept, so neither many levels nor huge zones cost memory.
/// </summary>
internal sealed class LevelSizeMatrix
{
    private LevelSizeMatrix(Entry[] entries, double voxels) => (Entries, Voxels) = (entries, voxels);

    /// <summary>Sorted by level, then size.</summary>
    public Entry[] Entries { get; }

    /// <summary>Nv: voxels that the counts stem from, once for each matrix merged.</summary>
    public double Voxels { get; }

    /// <summary>The sum of matrices, each times its weight (1 without weights).</summary>
    public static LevelSizeMatrix Merge(IReadOnlyList<LevelSizeMatrix> matrices, IReadOnlyList<double>? weights = null)
    {
        if (matrices.Count == 1 && weights is null) return matrices[0];
        Dictionary<long, double> sums = [];
        double voxels = 0;
        for (int m = 0; m < matrices.Count; m++)
        {
            double weight = weights?[m] ?? 1;
            voxels += weight * matrices[m].Voxels;
            foreach (Entry entry in matrices[m].Entries)
                CollectionsMarshal.GetValueRefOrAddDefault(sums, Key(entry.Level, entry.Size), out _) += weight * entry.Count;
        }

        return new LevelSizeMatrix(Sorted(sums), voxels);
    }

    private static long Key(int level, int size) => (long)level << 32 | (uint)size;

    private static Entry[] Sorted(Dictionary<long, double> sums)
    {
        long[] keys = [.. sums.Keys];
        Array.Sort(keys);
        return Array.ConvertAll(keys, key => new Entry((int)(key >> 32), (int)(uint)key, sums[key]));
    }

    /// <param name="Level">i, from 1.</param>
    /// <param name="Size">j, from 1.</param>
    /// <param name="Count">How often.</param>
    public readonly record struct Entry(int Level, int Size, double Count);

    /// <summary>Counts pairs of rank (index into the region's levels) and size; small sizes go to a plain table, which is the common case.</summary>
    public sealed class Counter(DiscretisedRoi roi)
    {
        private const int Small = 64;
        private readonly int[] table = new int[roi.Levels.Length * Small];
        private readonly Dictionary<long, double> large = [];

        public void Add(int rank, int size, int count = 1)
        {
            if (size < Small) table[rank * Small + size] += count;
            else CollectionsMarshal.GetValueRefOrAddDefault(large, Key(roi.Levels[rank], size), out _) += count;
        }

        /// <summary>The counts so far; the counter starts anew.</summary>
        public LevelSizeMatrix Take(double voxels)
        {
            List<Entry> entries = [];
            for (int i = 0; i < table.Length; i++)
                if (table[i] > 0) entries.Add(new Entry(roi.Levels[i / Small], i % Small, table[i]));
            if (large.Count > 0)
            {
                entries.AddRange(Sorted(large));
                entries.Sort((a, b) => Key(a.Level, a.Size).CompareTo(Key(b.Level, b.Size)));
            }

            Array.Clear(table);
            large.Clear();
            return new LevelSizeMatrix([.. entries], voxels);
        }
    }
}
