using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using PaliGemma.Generation;
using PaliGemma.LoadTest;
using PaliGemma.Server;

// Loads a server on this machine's loopback address and prints a table: sequential handling against batches, then faults. Ends by itself.
if (args is not [string folder, string picture, ..] || args.Length > 3)
{
    Console.Error.WriteLine("Usage: PaliGemma.LoadTest MODEL_FOLDER PICTURE [TOKENS]");
    return 1;
}
int tokens = args.Length == 3 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 32;
Environment.SetEnvironmentVariable("Logging__LogLevel__Default", "None");
byte[] image = await File.ReadAllBytesAsync(picture).ConfigureAwait(false);
bool lost = false;
Console.WriteLine("sequences  clients  answers  tokens/s  first token s (median, 95 %)   answer s (median, 95 %)   memory MB");
foreach (int sequences in new[] { 1, 16 })
{
    ServerOptions options = new() { Port = 0, Batch = new BatchOptions { MaxSequences = sequences, MaxWaiting = 256 } };
    using ServedModel model = new("model", PaliGemmaPipeline.Load(folder), options.Batch);
    WebApplication app = PaliGemmaServer.Create(options, [model]);
    await using (app.ConfigureAwait(false))
    {
        await app.StartAsync().ConfigureAwait(false);
        using Clients clients = new(new Uri(app.Urls.Single()), image, tokens);
        await clients.RunAsync(1, 2).ConfigureAwait(false);
        foreach (int count in new[] { 1, 4, 16, 64 })
        {
            long start = Stopwatch.GetTimestamp();
            IReadOnlyList<ClientAnswer> answers = await clients.RunAsync(count, Math.Max(64, 2 * count)).ConfigureAwait(false);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            lost |= answers.Any(answer => !answer.IsWhole);
            using Process self = Process.GetCurrentProcess();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{sequences,9}  {count,7}  {answers.Count(answer => answer.IsWhole),7}  {answers.Sum(answer => answer.Tokens) / seconds,8:F0}  {Clients.Quantile(answers, 0.5, answer => answer.FirstText),12:F3}, {Clients.Quantile(answers, 0.95, answer => answer.FirstText):F3}             {Clients.Quantile(answers, 0.5, answer => answer.Total),12:F3}, {Clients.Quantile(answers, 0.95, answer => answer.Total):F3}           {self.WorkingSet64 / 1e6,7:F0}"));
        }
        if (sequences > 1)
        {
            await clients.SendBadRequestsAsync(10_000).ConfigureAwait(false);
            await clients.VanishAsync(200).ConfigureAwait(false);
            lost |= (await clients.RunAsync(4, 8).ConfigureAwait(false)).Any(answer => !answer.IsWhole);
            using Process self = Process.GetCurrentProcess();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"after 10,000 bad requests and 200 clients that vanished: answers as before, memory {self.WorkingSet64 / 1e6:F0} MB"));
        }
        await app.StopAsync().ConfigureAwait(false);
    }
}
Console.WriteLine(lost ? "Some answers were not whole." : "Nothing was lost.");
return lost ? 1 : 0;
