using HematomaPacsAgent.Pipeline.Delivery;
using HematomaPacsAgent.Pipeline.Findings;
using HematomaPacsAgent.Pipeline.Jobs;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Npgsql;

namespace HematomaPacsAgent.Pipeline.Database;

/// <summary>
/// The agent's tables. Readers (dashboard, command line) query it directly; rows are written by <see cref="JobQueue"/>,
/// <see cref="Outbox"/> and the study store, whose SQL leans on the constraints made here.
/// </summary>
public sealed class AgentDb(DbContextOptions<AgentDb> options) : DbContext(options)
{
    public const string MigrationsAssembly = "HematomaPacsAgent.Migrations";

    public DbSet<Instance> Instances => Set<Instance>();
    public DbSet<RejectedInstance> RejectedInstances => Set<RejectedInstance>();
    public DbSet<Job> Jobs => Set<Job>();
    public DbSet<OutgoingInstance> Deliveries => Set<OutgoingInstance>();

    /// <summary>A context on a connection of its own; dispose it after use.</summary>
    public static AgentDb Open(NpgsqlDataSource dataSource) => new(new DbContextOptionsBuilder<AgentDb>()
        .UseNpgsql(dataSource.CreateConnection(), contextOwnsConnection: true, npgsql => npgsql.MigrationsAssembly(MigrationsAssembly))
        .UseQueryTrackingBehavior(QueryTrackingBehavior.NoTracking)
        .Options);

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        ArgumentNullException.ThrowIfNull(modelBuilder);
        modelBuilder.Entity<Instance>(Map);
        modelBuilder.Entity<RejectedInstance>(Map);
        modelBuilder.Entity<Job>(Map);
        modelBuilder.Entity<OutgoingInstance>(Map);
        foreach (var entity in modelBuilder.Model.GetEntityTypes())
        {
            foreach (var property in entity.GetProperties())
            {
                property.SetColumnName(SqlName.Snake(property.Name));
                if (property.Name.EndsWith("Uid", StringComparison.Ordinal)) property.SetMaxLength(64); // PS3.5 §9.1
            }

            entity.FindPrimaryKey()!.SetName($"pk_{entity.GetTableName()}");
        }
    }

    private static void Map(EntityTypeBuilder<Instance> instance)
    {
        instance.ToTable("instance", table => table.HasCheckConstraint("ck_instance_bytes", "bytes >= 0"));
        instance.Property(i => i.Id).UseIdentityAlwaysColumn();
        instance.Property(i => i.Sha256).HasMaxLength(64).IsFixedLength();
        instance.Property(i => i.ReceivedAt).HasDefaultValueSql("now()");
        // A duplicate is known by its content; the same UID with other content is kept beside the first.
        instance.HasIndex(i => new { i.SopInstanceUid, i.Sha256 }, "ux_instance_content").IsUnique();
        instance.HasIndex(i => i.SpoolPath, "ux_instance_spool_path").IsUnique();
        instance.HasIndex(i => i.StudyInstanceUid, "ix_instance_study");
    }

    private static void Map(EntityTypeBuilder<RejectedInstance> rejected)
    {
        rejected.ToTable("rejected_instance");
        rejected.Property(r => r.Id).UseIdentityAlwaysColumn();
        rejected.Property(r => r.ReceivedAt).HasDefaultValueSql("now()");
        rejected.HasIndex(r => r.StudyInstanceUid, "ix_rejected_instance_study");
        rejected.HasIndex(r => r.ReceivedAt, "ix_rejected_instance_received");
    }

    private static void Map(EntityTypeBuilder<Job> job)
    {
        job.ToTable("job", table =>
        {
            table.HasCheckConstraint("ck_job_state", EnumText<JobState>.Check("state"));
            table.HasCheckConstraint("ck_job_outcome", EnumText<Outcome>.Check("outcome"));
            table.HasCheckConstraint("ck_job_finalized", "(state in ('completed', 'discarded', 'cancelled')) = (finalized_at is not null)");
            table.HasCheckConstraint("ck_job_lease", "(state = 'running') = (lease_expires_at is not null)");
            table.HasCheckConstraint("ck_job_attempt", "attempt between 0 and max_attempts");
            table.HasCheckConstraint("ck_job_progress", "progress between 0 and 1");
            table.HasCheckConstraint("ck_job_analysed", "state not in ('delivering', 'completed') or (analysed_at is not null " +
                "and outcome is not null)");
            table.HasCheckConstraint("ck_job_said_why", "state not in ('completed', 'discarded', 'cancelled') or reason is not null");
        });
        job.Property(j => j.Id).UseIdentityAlwaysColumn();
        job.Property(j => j.State).HasConversion(Text<JobState>()).HasDefaultValueSql("'available'");
        job.Property(j => j.Outcome).HasConversion(Text<Outcome>());
        job.Property(j => j.Attempt).HasDefaultValue(0);
        job.Property(j => j.Progress).HasDefaultValue(0d);
        job.Property(j => j.Findings).HasColumnType("jsonb");
        job.Property(j => j.Objects).HasColumnType("jsonb").HasDefaultValueSql("'[]'");
        job.Property(j => j.Errors).HasColumnType("jsonb").HasDefaultValueSql("'[]'");
        job.Property(j => j.ScheduledAt).HasDefaultValueSql("now()");
        job.Property(j => j.CreatedAt).HasDefaultValueSql("now()");
        job.HasOne<Job>().WithMany().HasForeignKey(j => j.SupersedesJobId).HasConstraintName("fk_job_supersedes")
            .OnDelete(DeleteBehavior.Restrict);
        job.HasIndex(j => j.SupersedesJobId, "ix_job_supersedes");
        job.HasIndex(j => j.StudyInstanceUid, "ux_job_waiting").IsUnique().HasFilter("state = 'available'");
        job.HasIndex(j => j.StudyInstanceUid, "ux_job_running").IsUnique().HasFilter("state in ('running', 'retryable')");
        job.HasIndex(j => new { j.ScheduledAt, j.Id }, "ix_job_due").HasFilter("state in ('available', 'retryable')");
        job.HasIndex(j => j.LeaseExpiresAt, "ix_job_lease").HasFilter("state = 'running'");
        job.HasIndex(j => new { j.StudyInstanceUid, j.Id }, "ix_job_study");
    }

    private static void Map(EntityTypeBuilder<OutgoingInstance> delivery)
    {
        delivery.ToTable("delivery", table =>
        {
            table.HasCheckConstraint("ck_delivery_state", EnumText<DeliveryState>.Check("state"));
            table.HasCheckConstraint("ck_delivery_lease", "(state = 'sending') = (lease_expires_at is not null)");
            table.HasCheckConstraint("ck_delivery_sent", "(state = 'sent') = (sent_at is not null)");
            table.HasCheckConstraint("ck_delivery_said_why", "state <> 'failed' or last_error is not null");
        });
        delivery.Property(d => d.Id).UseIdentityAlwaysColumn();
        delivery.Property(d => d.State).HasConversion(Text<DeliveryState>()).HasDefaultValueSql("'pending'");
        delivery.Property(d => d.Attempt).HasDefaultValue(0);
        delivery.Property(d => d.Refusals).HasDefaultValue(0);
        delivery.Property(d => d.QueuedAt).HasDefaultValueSql("now()");
        delivery.Property(d => d.NextAttemptAt).HasDefaultValueSql("now()");
        delivery.HasOne<Job>().WithMany().HasForeignKey(d => d.JobId).HasConstraintName("fk_delivery_job")
            .OnDelete(DeleteBehavior.Restrict);
        // One identity reaches one destination once, whichever job made it.
        delivery.HasIndex(d => new { d.Destination, d.SopInstanceUid }, "ux_delivery_instance").IsUnique();
        delivery.HasIndex(d => d.JobId, "ix_delivery_job");
        delivery.HasIndex(d => new { d.NextAttemptAt, d.Id }, "ix_delivery_due").HasFilter("state in ('pending', 'sending')");
    }

    private static ValueConverter<T, string> Text<T>() where T : struct, Enum =>
        new(value => EnumText<T>.Of(value), text => EnumText<T>.Parse(text));
}
