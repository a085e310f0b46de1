using PaliGemma.Training.Data;

namespace PaliGemma.Training.Tests.Data;

public class ReadAheadTests
{
    [Fact]
    public void Batches_come_in_order_and_none_behind_the_last_is_prepared()
    {
        List<long> prepared = [];
        using (ReadAhead<long> batches = new(Prepare, depth: 3, first: 2, end: 6))
        {
            Assert.Equal([2, 3, 4, 5], Enumerable.Range(0, 4).Select(_ => batches.Take(CancellationToken.None)));
        }
        Assert.Equal([2, 3, 4, 5], prepared.Order());

        long Prepare(long number)
        {
            lock (prepared)
            {
                prepared.Add(number);
            }
            return number;
        }
    }

    [Fact]
    public void A_batch_that_is_ready_is_not_given_to_somebody_who_wants_none_any_more()
    {
        using CancellationTokenSource source = new();
        using ReadAhead<long> batches = new(number => number, depth: 2, first: 0, end: 10);
        Assert.Equal(0, batches.Take(source.Token));
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => batches.Take(source.Token));
        Assert.Equal(1, batches.Take(CancellationToken.None));
    }

    [Fact]
    public async Task What_is_being_prepared_has_ended_before_its_sources_are_closed()
    {
        using ManualResetEventSlim disposing = new();
        int running = 0;
        Task closing;
        using (ReadAhead<int> batches = new(Prepare, depth: 4, first: 0, end: 100))
        {
            Assert.Throws<FormatException>(() => batches.Take(CancellationToken.None));
            closing = Task.Delay(50, CancellationToken.None).ContinueWith(_ => disposing.Set(), TaskScheduler.Default);
        }
        Assert.Equal(0, Volatile.Read(ref running));
        await closing;

        int Prepare(long number)
        {
            if (number == 0)
            {
                throw new FormatException();
            }
            Interlocked.Increment(ref running);
            disposing.Wait(CancellationToken.None);
            Interlocked.Decrement(ref running);
            return 0;
        }
    }
}
