namespace PaliGemma.Checkpoints;

/// <summary>
/// A lock between programs: a file that is open. On Linux and macOS that is an advisory <c>flock</c>, which Python's filelock takes too; it
/// ends with the program, and the file stays, since a program that waits may already have it open.
/// </summary>
internal sealed class HubLock : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly FileStream _file;

    private HubLock(FileStream file) => _file = file;

    /// <summary>Takes the lock, once no other program has it.</summary>
    /// <param name="path">The lock's file.</param>
    /// <param name="waiting">Is called once where the lock is not free.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static async Task<HubLock> AcquireAsync(string path, Action waiting, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        for (bool first = true; ; first = false)
        {
            try
            {
                return new HubLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException error) when (IsTaken(error))
            {
                if (first)
                {
                    waiting();
                }
            }
            await Task.Delay(Pause, cancellation).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>Sharing and lock violation on Windows; EAGAIN elsewhere, whose number is 11 on Linux and 35 on macOS.</summary>
    private static bool IsTaken(IOException error) => OperatingSystem.IsWindows()
        ? error.HResult is unchecked((int)0x80070020) or unchecked((int)0x80070021)
        : error.HResult is 11 or 35;
}
