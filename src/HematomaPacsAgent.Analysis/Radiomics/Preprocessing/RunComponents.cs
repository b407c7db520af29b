namespace HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

/// <summary>
/// Counts 26-connected parts of a region while it is read row by row. It keeps runs of flags, not voxels: two slices' rows and one number a run.
/// </summary>
internal sealed class RunComponents(int rows)
{
    private readonly List<(int First, int Last, int Id)>[] slice = Rows(rows);
    private readonly List<(int First, int Last, int Id)>[] before = Rows(rows);
    private readonly List<int> parent = [];
    private bool odd;
    private int row = -1;

    /// <summary>Parts so far.</summary>
    public int Count { get; private set; }

    private List<(int First, int Last, int Id)>[] Current => odd ? slice : before;

    private List<(int First, int Last, int Id)>[] Previous => odd ? before : slice;

    public void NextSlice()
    {
        odd = !odd;
        row = -1;
        foreach (List<(int, int, int)> runs in Current) runs.Clear();
    }

    public void NextRow() => row++;

    /// <summary>Adds a run of the current row; runs come from left to right.</summary>
    public void AddRun(int first, int last)
    {
        int id = parent.Count;
        parent.Add(id);
        Count++;
        if (row > 0) Join(Current[row - 1], first, last, id);
        for (int y = Math.Max(0, row - 1); y <= Math.Min(rows - 1, row + 1); y++) Join(Previous[y], first, last, id);
        Current[row].Add((first, last, id));
    }

    private void Join(List<(int First, int Last, int Id)> runs, int first, int last, int id)
    {
        foreach ((int otherFirst, int otherLast, int other) in runs)
        {
            if (otherFirst > last + 1) break;
            if (otherLast < first - 1) continue;
            (int a, int b) = (Root(id), Root(other));
            if (a == b) continue;
            parent[Math.Max(a, b)] = Math.Min(a, b);
            Count--;
        }
    }

    private int Root(int id)
    {
        while (parent[id] != id) id = parent[id] = parent[parent[id]];
        return id;
    }

    private static List<(int First, int Last, int Id)>[] Rows(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => new List<(int First, int Last, int Id)>())];
}
