namespace PaliGemma.Tests;

/// <summary>Finds the reference outputs in tests/Goldens, wherever the test program runs from.</summary>
internal static class Goldens
{
    private static readonly string Root = FindRoot();

    public static string Path(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Root, .. parts]);

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = System.IO.Path.Combine(folder.FullName, "tests", "Goldens");
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }
        throw new DirectoryNotFoundException("tests/Goldens was not found above " + AppContext.BaseDirectory);
    }
}
