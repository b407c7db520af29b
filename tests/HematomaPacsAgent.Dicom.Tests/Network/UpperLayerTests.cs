using HematomaPacsAgent.Dicom.Network;

namespace HematomaPacsAgent.Dicom.Tests.Network;

public sealed class UpperLayerTests
{
    /// <summary>PS3.8 table 9-10, a row for each event, a column for each of Sta1 to Sta13; a dot where the standard leaves the cell
    /// empty.</summary>
    private const string Table = """
        Evt1  AE-1 .    .    .    .    .    .    .    .    .     .    .    .
        Evt2  .    .    .    AE-2 .    .    .    .    .    .     .    .    .
        Evt3  .    AA-1 AA-8 .    AE-3 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-6
        Evt4  .    AA-1 AA-8 .    AE-4 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-6
        Evt5  AE-5 .    .    .    .    .    .    .    .    .     .    .    .
        Evt6  .    AE-6 AA-8 .    AA-8 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-7
        Evt7  .    .    AE-7 .    .    .    .    .    .    .     .    .    .
        Evt8  .    .    AE-8 .    .    .    .    .    .    .     .    .    .
        Evt9  .    .    .    .    .    DT-1 .    AR-7 .    .     .    .    .
        Evt10 .    AA-1 AA-8 .    AA-8 DT-2 AR-6 AA-8 AA-8 AA-8  AA-8 AA-8 AA-6
        Evt11 .    .    .    .    .    AR-1 .    .    .    .     .    .    .
        Evt12 .    AA-1 AA-8 .    AA-8 AR-2 AR-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-6
        Evt13 .    AA-1 AA-8 .    AA-8 AA-8 AR-3 AA-8 AA-8 AR-10 AR-3 AA-8 AA-6
        Evt14 .    .    .    .    .    .    .    AR-4 AR-9 .     .    AR-4 .
        Evt15 .    .    AA-1 AA-2 AA-1 AA-1 AA-1 AA-1 AA-1 AA-1  AA-1 AA-1 .
        Evt16 .    AA-2 AA-3 .    AA-3 AA-3 AA-3 AA-3 AA-3 AA-3  AA-3 AA-3 AA-2
        Evt17 .    AA-5 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4  AA-4 AA-4 AR-5
        Evt18 .    AA-2 .    .    .    .    .    .    .    .     .    .    AA-2
        Evt19 .    AA-1 AA-8 .    AA-8 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-7
        """;

    /// <summary>PS3.8 tables 9-6 to 9-9, last column (AR-8 for the acceptor).</summary>
    private const string StatesAfter = """
        AE-1 4  AE-2 5  AE-3 6  AE-4 1  AE-5 2  AE-6 3  AE-7 6  AE-8 13  DT-1 6  DT-2 6
        AR-1 7  AR-2 8  AR-3 1  AR-4 13  AR-5 1  AR-6 7  AR-7 8  AR-8 10  AR-9 11  AR-10 12
        AA-1 13  AA-2 1  AA-3 1  AA-4 1  AA-5 1  AA-6 13  AA-7 13  AA-8 13
        """;

    public static TheoryData<int, int, string> Cells()
    {
        TheoryData<int, int, string> cells = [];
        foreach (string line in Table.Split('\n'))
        {
            string[] row = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            for (int state = 1; state <= 13; state++) cells.Add(int.Parse(row[0][3..]), state, row[state]);
        }

        return cells;
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void Every_cell_of_the_table_is_as_in_the_standard(int happened, int state, string expected)
    {
        string[] words = StatesAfter.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        int index = Array.IndexOf(words, expected);
        var next = UpperLayer.Next((UpperLayerState)state, (UpperLayerEvent)happened);
        Assert.Equal(expected, next is { } cell ? cell.Action.ToString().Insert(2, "-") : ".");
        if (next is { } after) Assert.Equal(int.Parse(words[index + 1]), (int)after.Next);
    }

    [Fact]
    public void A_release_collision_takes_the_requestor_to_Sta9_and_the_acceptor_to_Sta10()
    {
        Assert.Equal((UpperLayerAction.AR8, UpperLayerState.Sta9),
            UpperLayer.Next(UpperLayerState.Sta7, UpperLayerEvent.ReleaseRqReceived, isRequestor: true));
        Assert.Equal((UpperLayerAction.AR8, UpperLayerState.Sta10),
            UpperLayer.Next(UpperLayerState.Sta7, UpperLayerEvent.ReleaseRqReceived));
    }
}
